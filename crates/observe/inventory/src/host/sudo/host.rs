//! The sudoers files of a host.

use super::{BYTES_MAX, File, Include, parse};
use crate::world::World;
use std::path::Path;
use vigie_model::host::Sudo;
use vigie_model::observed::Observed;

/// Where distributions keep the first file.
const PATHS: [&str; 3] = ["/etc/sudoers", "/usr/etc/sudoers", "/usr/local/etc/sudoers"];

pub(in crate::host) fn observe(world: &World) -> Observed<Sudo> {
    for path in PATHS {
        match world.read_if_there(path, BYTES_MAX) {
            Ok(Some(bytes)) => {
                let (sudo, gaps) = parse(path, &bytes, &mut |include| included(world, include));
                return Observed::with_gaps(sudo, gaps);
            }
            Ok(None) => {}
            Err(gap) => return Observed::Unseen(gap),
        }
    }
    Observed::Absent
}

/// The files an include names. Of a directory, sudo passes over names with a dot and backups with a tilde.
fn included(world: &World, include: &Include) -> Vec<File> {
    let path = include.path.replace("%h", &host_name(world));
    let path = Path::new(&include.from).parent().unwrap_or(Path::new("/")).join(path);
    if !include.directory {
        return vec![(path.display().to_string(), world.read(&path, BYTES_MAX))];
    }
    match world.names(&path) {
        Ok(names) => {
            let names = names.unwrap_or_default().into_iter().map(|name| name.to_string_lossy().into_owned());
            let names = names.filter(|name| !name.contains('.') && !name.ends_with('~'));
            let paths = names.map(|name| path.join(name)).filter(|path| !is_directory(world, path));
            paths.map(|path| (path.display().to_string(), world.read(&path, BYTES_MAX))).collect()
        }
        Err(gap) => vec![(path.display().to_string(), Err(gap))],
    }
}

fn is_directory(world: &World, path: &Path) -> bool {
    matches!(world.metadata(path), Ok(Some(metadata)) if metadata.is_dir())
}

/// The host's name up to its first dot, as `%h` stands for.
fn host_name(world: &World) -> String {
    let name = crate::host::host_name(world).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use vigie_model::observed::{Gap, Obstacle};

    #[test]
    fn reads_the_files_that_sudo_would_read() {
        let (_dir, world) = world(&[
            ("/etc/hostname", "web1.example.org\n"),
            (
                "/etc/sudoers",
                "@include sudoers.%h\n@include /etc/none\n@includedir sudoers.d\n@includedir /etc/nothing\nroot ALL=(ALL) ALL\n",
            ),
            ("/etc/sudoers.web1", "eva ALL=ALL\n"),
            ("/etc/sudoers.d/README", "# nothing\n"),
            ("/etc/sudoers.d/20-b", "bob ALL=NOPASSWD: ALL\n"),
            ("/etc/sudoers.d/10-a", "ann ALL=ALL\n"),
            ("/etc/sudoers.d/old~", "old ALL=ALL\n"),
            ("/etc/sudoers.d/x.dpkg-old", "old ALL=ALL\n"),
            ("/etc/sudoers.d/folder/x", "old ALL=ALL\n"),
        ]);
        let Observed::Partly { value, missing } = observe(&world) else { panic!() };
        let said: Vec<_> = value.rules.iter().map(|rule| format!("{} {}", rule.who[0], rule.place)).collect();
        assert_eq!(
            said,
            ["eva /etc/sudoers.web1:1", "ann /etc/sudoers.d/10-a:1", "bob /etc/sudoers.d/20-b:1", "root /etc/sudoers:5"]
        );
        assert_eq!(missing, [Gap::new("/etc/none", Obstacle::Missing, "")]);
    }

    #[test]
    fn without_sudoers_there_is_no_sudo() {
        assert_eq!(observe(&world(&[("/etc/hostname", "x")]).1), Observed::Absent);
    }
}
