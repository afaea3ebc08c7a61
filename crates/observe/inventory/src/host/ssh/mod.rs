//! The SSH server's settings in force.
//!
//! The server itself knows best, so as root `sshd -T` is asked. It does not tell where a setting stands nor what is under
//! `Match`; that comes from the files, and as an ordinary user, or when `sshd -T` cannot answer,
//! everything does. Not seen: another configuration file or settings given on the server's command line.

pub mod config;
mod defaults;
mod line;

use crate::world::World;
use config::File;
use std::collections::BTreeMap;
use std::time::Duration;
use vigie_kit::process::{self, Limits};
use vigie_model::host::SshServer;
use vigie_model::observed::{Gap, Observed, Obstacle};

/// Where an OpenSSH server is installed.
const PROGRAMS: [&str; 3] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"];
/// Its configuration.
const CONFIG: &str = "/etc/ssh/sshd_config";
/// Its keys where the configuration names none.
const HOST_KEYS: [&str; 3] = ["/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key"];
/// What `sshd -T` may take.
const LIMITS: Limits = Limits { time: Duration::from_secs(5), stdout_max: 1024 * 1024 };

pub(super) fn observe(world: &World) -> Observed<SshServer> {
    let Some(program) = PROGRAMS.into_iter().find(|path| world.exists(path)) else { return Observed::Absent };
    let bytes = match world.read(CONFIG, config::BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(gap) => return Observed::Unseen(gap),
    };
    let config::Read { mut server, mut gaps } = config::parse(CONFIG, &bytes, &mut |pattern| included(world, pattern));
    let asked = if world.may_run_commands && world.is_live() && world.is_root() { ask(program) } else { Answer::None };
    match asked {
        Answer::Settings(settings) => {
            server.settings.extend(settings);
            server.learned_from = "sshd -T".to_owned();
            // What we could not understand the server did.
            gaps.retain(|gap| gap.why != Obstacle::Unreadable);
        }
        Answer::Refused(gap) => {
            gaps.push(gap);
            from_files(world, &mut server);
        }
        Answer::None => from_files(world, &mut server),
    }
    Observed::with_gaps(server, gaps)
}

fn from_files(world: &World, server: &mut SshServer) {
    defaults::fill(&mut server.settings);
    // Without a setting the server takes those of its usual keys that are there.
    let keys = HOST_KEYS.into_iter().filter(|path| world.exists(path)).map(str::to_owned);
    server.settings.entry("hostkey".to_owned()).or_insert_with(|| keys.collect());
    server.learned_from = "files".to_owned();
}

/// The files that a pattern of `Include` names. One that does not exist is no mistake to the server.
fn included(world: &World, pattern: &str) -> Vec<File> {
    let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/ssh/{pattern}") };
    let (paths, gaps) = world.glob(&pattern);
    let unseen = gaps.into_iter().map(|gap| (gap.what.clone(), Err(gap)));
    let files = paths.into_iter().filter_map(|path| {
        let bytes = world.read_if_there(&path, config::BYTES_MAX).transpose()?;
        Some((path.display().to_string(), bytes))
    });
    unseen.chain(files.take(config::FILES_MAX)).collect()
}

/// What the server says of itself.
enum Answer {
    Settings(BTreeMap<String, Vec<String>>),
    /// It does not accept its own configuration.
    Refused(Gap),
    /// It cannot answer here, which says nothing about its configuration.
    None,
}

fn ask(program: &str) -> Answer {
    let output = match process::run(program, &["-T"], LIMITS) {
        Ok(output) => output,
        Err(error) => {
            tracing::debug!(%error, "the SSH server could not be asked for its settings");
            return Answer::None;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Answer::Settings(parse_effective(&output.stdout));
    }
    // Before its first start there may be no directory for it to hide in and no host keys.
    if said.contains("privilege separation") || said.contains("Privilege separation") || said.contains("no hostkeys available") {
        tracing::debug!(said = %said.trim(), "the SSH server could not be asked for its settings");
        return Answer::None;
    }
    let first = said.lines().next().unwrap_or_default().to_owned();
    Answer::Refused(Gap::new("sshd -T", Obstacle::Failed, first))
}

/// Reads what `sshd -T` prints: a keyword in lower case and its value on each line.
#[must_use]
pub fn parse_effective(output: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut settings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in String::from_utf8_lossy(output).lines() {
        let mut words = text.split_whitespace().map(str::to_owned);
        let Some(keyword) = words.next() else { continue };
        let keyword = defaults::present_name(&keyword).to_owned();
        let values = defaults::alike(&keyword, words.collect());
        settings.entry(keyword).or_default().extend(values);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    #[test]
    fn settings_come_from_the_files_of_a_machine_at_rest() {
        let (_dir, world) = world(&[
            ("/usr/sbin/sshd", ""),
            ("/etc/ssh/sshd_config", "Include sshd_config.d/*.conf\nPermitRootLogin yes\nInclude /etc/ssh/none\nBanner \"open\n"),
            ("/etc/ssh/sshd_config.d/10-local.conf", "PermitRootLogin no\nMatch User backup\n  PasswordAuthentication yes\n"),
        ]);
        let Observed::Partly { value: server, missing } = observe(&world) else { panic!() };
        assert_eq!(server.get("permitrootlogin"), Some("no"));
        assert_eq!(server.places["permitrootlogin"], "/etc/ssh/sshd_config.d/10-local.conf:1");
        assert_eq!(server.get("passwordauthentication"), Some("yes"));
        assert_eq!(server.matches[0].condition, "user backup");
        assert_eq!(server.learned_from, "files");
        assert_eq!(missing, [Gap::new("/etc/ssh/sshd_config:4", Obstacle::Unreadable, "a quote is not closed")]);
    }

    #[test]
    fn no_server_is_absent_and_no_configuration_unseen() {
        assert_eq!(observe(&world(&[("/etc/ssh/ssh_config", "")]).1), Observed::Absent);
        assert!(matches!(observe(&world(&[("/usr/sbin/sshd", "")]).1), Observed::Unseen(_)));
    }

    #[test]
    fn reads_what_the_server_prints() {
        let text =
            b"port 22\npermitrootlogin without-password\nallowusers eva\nallowusers bob\nsubsystem sftp /usr/lib/sftp -l INFO\n\
                     authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\nforcecommand none\n\n\xff\n";
        let settings = parse_effective(text);
        assert_eq!(settings["permitrootlogin"], ["prohibit-password"]);
        assert_eq!(settings["allowusers"], ["eva", "bob"]);
        assert_eq!(settings["subsystem"], ["sftp /usr/lib/sftp -l INFO"]);
        assert_eq!(settings["authorizedkeysfile"].len(), 2);
    }
}
