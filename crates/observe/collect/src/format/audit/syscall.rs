//! What a system call does, as far as audit rules watch it.
//!
//! Numbers are those of the kernel's tables for x86-64 and arm64; where auditd wrote the name (`log_format = ENRICHED`), that
//! counts. Other architectures have their name or nothing.

use crate::meaning::{DESTINATION, Meaning};
use std::net::{Ipv4Addr, Ipv6Addr};
use vigie_model::event::ocsf::activity::file_activity;

/// `arch=` of x86-64 and arm64.
const X86_64: &str = "c000003e";
const ARM64: &str = "c00000b7";

/// Names with their numbers on x86-64 and arm64, 0 where there is none (0 is `read` and `io_setup`).
const CALLS: [(&str, u16, u16); 58] = [
    ("open", 2, 0),
    ("openat", 257, 56),
    ("openat2", 437, 437),
    ("open_by_handle_at", 304, 265),
    ("creat", 85, 0),
    ("unlink", 87, 0),
    ("unlinkat", 263, 35),
    ("rmdir", 84, 0),
    ("rename", 82, 0),
    ("renameat", 264, 38),
    ("renameat2", 316, 276),
    ("chmod", 90, 0),
    ("fchmod", 91, 52),
    ("fchmodat", 268, 53),
    ("fchmodat2", 452, 452),
    ("chown", 92, 0),
    ("fchown", 93, 55),
    ("lchown", 94, 0),
    ("fchownat", 260, 54),
    ("setxattr", 188, 5),
    ("lsetxattr", 189, 6),
    ("fsetxattr", 190, 7),
    ("removexattr", 197, 14),
    ("lremovexattr", 198, 15),
    ("fremovexattr", 199, 16),
    ("mkdir", 83, 0),
    ("mkdirat", 258, 34),
    ("mknod", 133, 0),
    ("mknodat", 259, 33),
    ("link", 86, 0),
    ("linkat", 265, 37),
    ("symlink", 88, 0),
    ("symlinkat", 266, 36),
    ("truncate", 76, 45),
    ("ftruncate", 77, 46),
    ("mount", 165, 40),
    ("umount2", 166, 39),
    ("execve", 59, 221),
    ("execveat", 322, 281),
    ("connect", 42, 203),
    ("bind", 49, 200),
    ("accept", 43, 202),
    ("accept4", 288, 242),
    ("sendto", 44, 206),
    ("socket", 41, 198),
    ("ptrace", 101, 117),
    ("kill", 62, 129),
    ("init_module", 175, 105),
    ("finit_module", 313, 273),
    ("delete_module", 176, 106),
    ("setuid", 105, 146),
    ("setgid", 106, 144),
    ("setreuid", 113, 145),
    ("setresuid", 117, 147),
    ("settimeofday", 164, 170),
    ("adjtimex", 159, 171),
    ("clock_settime", 227, 112),
    ("sethostname", 170, 161),
];

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A program that is started.
    Launch,
    /// A file, with the activity.
    File(u8),
    /// The other end of a connection.
    Peer,
    /// The process itself.
    Process,
}

/// The name of a call by its number.
pub(super) fn name(arch: &str, number: &str) -> Option<&'static str> {
    let number: u16 = number.parse().ok().filter(|number| *number != 0)?;
    let is_it = |(_, x86_64, arm64): &&(&str, u16, u16)| match arch {
        X86_64 => *x86_64 == number,
        ARM64 => *arm64 == number,
        _ => false,
    };
    CALLS.iter().find(is_it).map(|(name, _, _)| *name)
}

/// What a call is about, by its name.
pub(super) fn about(name: &str) -> About {
    About::File(match name {
        "execve" | "execveat" => return About::Launch,
        "connect" | "sendto" => return About::Peer,
        "open" | "openat" | "openat2" | "open_by_handle_at" => file_activity::OPEN,
        "creat" | "mkdir" | "mkdirat" | "mknod" | "mknodat" | "link" | "linkat" | "symlink" | "symlinkat" => {
            file_activity::CREATE
        }
        "unlink" | "unlinkat" | "rmdir" => file_activity::DELETE,
        "rename" | "renameat" | "renameat2" => file_activity::RENAME,
        "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "chown" | "fchown" | "lchown" | "fchownat" => file_activity::SET_SECURITY,
        "setxattr" | "lsetxattr" | "fsetxattr" | "removexattr" | "lremovexattr" | "fremovexattr" => file_activity::SET_ATTRIBUTES,
        "truncate" | "ftruncate" => file_activity::UPDATE,
        "mount" => file_activity::MOUNT,
        "umount2" => file_activity::UNMOUNT,
        _ => return About::Process,
    })
}

/// Sets the other end by `saddr`, the bytes of a `sockaddr` as the kernel has them; false when it is no address of a network.
pub(super) fn set_peer(meaning: &mut Meaning, saddr: &str) -> bool {
    let bytes: Vec<u8> = saddr
        .as_bytes()
        .chunks_exact(2)
        .take(28)
        .map_while(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let (address, port) = match bytes.as_slice() {
        // Families are in the order of the machine, ports in that of the network.
        [2, 0, high, low, a, b, c, d, ..] => (Ipv4Addr::new(*a, *b, *c, *d).to_string(), u16::from_be_bytes([*high, *low])),
        [10, 0, high, low, _, _, _, _, rest @ ..] => {
            let Some(address) = rest.first_chunk::<16>() else { return false };
            (Ipv6Addr::from(*address).to_string(), u16::from_be_bytes([*high, *low]))
        }
        _ => return false,
    };
    meaning.endpoint(DESTINATION, &address, (port != 0).then_some(port.into()));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_by_number() {
        assert_eq!(name(X86_64, "257"), Some("openat"));
        assert_eq!(name(ARM64, "56"), Some("openat"));
        assert_eq!((name(ARM64, "0"), name("40000003", "5"), name(X86_64, "x")), (None, None, None));
        assert_eq!((about("execveat"), about("setuid")), (About::Launch, About::Process));
    }

    #[test]
    fn peers() {
        let shown = |saddr: &str| {
            let mut meaning = Meaning::new("audit", vigie_model::event::Class::NetworkActivity, 1);
            let is_set = set_peer(&mut meaning, saddr);
            let fields: Vec<String> = meaning.fields.iter().map(|(field, value)| format!("{}={value:?}", field.path())).collect();
            (is_set, fields.join(" "))
        };
        assert_eq!(
            shown("02000050C00002070000000000000000"),
            (true, "dst_endpoint.ip=Text(\"192.0.2.7\") dst_endpoint.port=Integer(80)".into())
        );
        assert!(shown("0A0001BB0000000020010DB800000000000000000000000100000000").1.contains("2001:db8::1"));
        for saddr in ["", "01002F72756E2F78", "0A0001BB00", "zz"] {
            assert!(!shown(saddr).0, "{saddr}");
        }
    }
}
