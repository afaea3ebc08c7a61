//! Images of engines whose stores cannot be read from their folders: the engine's own program writes an archive.
//!
//! For Docker with the image store of containerd, for stores of other drivers, for containerd itself (`ctr`).
//! The archive goes into the scratch folder and is gone when the image is. Asked after the folders, since it
//! costs the disk space of the whole image.

use super::error::ImageError;
use super::local::{self, Wanted};
use super::reference::{Name, Place};
use super::{Opened, Options};
use crate::layer::scratch::Spool;
use crate::layer::{NoScratch, Scratch, Stop};
use std::path::Path;
use std::time::Duration;
use vigie_kit::process::{self, Limits};

/// How long writing an archive may take.
const SAVE_TIME: Duration = Duration::from_mins(15);
/// What such a program says is not looked at.
const TALK_BYTES_MAX: u64 = 1024 * 1024;
/// Where containerd keeps images: its own, those of Kubernetes, those of Docker.
const NAMESPACES: [&str; 3] = ["default", "k8s.io", "moby"];
/// Whether Docker may be running.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// The image of this name, from the first engine that has it.
pub(crate) fn find(
    reference: &str,
    name: &Name,
    place: Place,
    options: &Options,
    scratch: &Scratch,
) -> Result<Option<Opened>, ImageError> {
    let full = name.to_string();
    let ways: Vec<(&str, Vec<&str>)> = match place {
        Place::Docker => vec![("docker", vec!["save", "--output", FILE, &full])],
        Place::Anywhere if Path::new(DOCKER_SOCKET).exists() => vec![("docker", vec!["save", "--output", FILE, &full])],
        Place::Podman => vec![("podman", vec!["save", "--quiet", "--format", "oci-archive", "--output", FILE, &full])],
        Place::Containerd => {
            NAMESPACES.iter().map(|space| ("ctr", vec!["--namespace", space, "images", "export", FILE, &full])).collect()
        }
        Place::Anywhere | Place::Registry => vec![],
    };
    for (program, args) in ways {
        if let Some(opened) = save(program, &args, reference, options, scratch, None)? {
            return Ok(Some(opened));
        }
    }
    Ok(None)
}

/// Stands for the archive's path in arguments.
pub(super) const FILE: &str = "\0file";

/// Has a program write an archive and opens it; none when the program is not there or has no such image.
pub(super) fn save(
    program: &str,
    args: &[&str],
    reference: &str,
    options: &Options,
    scratch: &Scratch,
    stop: Stop<'_>,
) -> Result<Option<Opened>, ImageError> {
    let unwritten = |source| ImageError::Scratch(NoScratch { path: std::env::temp_dir(), source });
    let kept = scratch.create().and_then(Spool::keep).map_err(unwritten)?;
    let path = kept.path();
    let args: Vec<&std::ffi::OsStr> = args.iter().map(|arg| if *arg == FILE { path.as_os_str() } else { arg.as_ref() }).collect();
    let stop = || stop.is_some_and(|stop| stop());
    match process::run_unless(program, &args, Limits { time: SAVE_TIME, stdout_max: TALK_BYTES_MAX }, &stop) {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            tracing::debug!(program, said = %String::from_utf8_lossy(&output.stderr), "has no such image");
            return Ok(None);
        }
        Err(error) => {
            tracing::debug!(program, %error, "cannot be asked for images");
            return Ok(None);
        }
    }
    // The archive stays open when its name is gone.
    let wanted = Wanted { reference, path, which: None, platform: options.platform.as_ref() };
    local::open(&wanted, scratch).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::{layers, saved};
    use crate::image::{Context, Image};

    #[test]
    fn an_archive_that_a_program_writes_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("saved.tar");
        std::fs::write(&archive, saved(&layers())).unwrap();
        let scratch = Scratch::below(dir.path()).unwrap();
        let save = |program: &str, from: &Path| {
            save(program, &[from.to_str().unwrap(), FILE], "app:1", &Options::default(), &scratch, None)
        };
        let opened = save("cp", &archive).unwrap().unwrap();
        assert!(save("cp", &dir.path().join("absent")).unwrap().is_none());
        assert!(save("no-such-engine", &archive).unwrap().is_none());
        let image = Image { reference: "app:1".into(), opened, scratch: Scratch::below(dir.path()).unwrap() };
        assert_eq!(image.read(&Context::default()).components.len(), 2);
    }
}
