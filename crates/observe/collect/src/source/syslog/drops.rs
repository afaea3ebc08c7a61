//! How many datagrams the system dropped because nobody read them in time.
//!
//! From `/proc/net/udp` and `udp6` (proc(5)): the line of our socket is known by its inode, the
//! last column counts.

use std::fs;

/// Both tables; what cannot be read is empty.
pub(crate) fn table() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    read("/proc/net/udp") + &read("/proc/net/udp6")
}

/// The drops of the socket with this inode.
pub(crate) fn dropped(table: &str, inode: u64) -> Option<u64> {
    let inode = inode.to_string();
    let line = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.get(9) == Some(&inode.as_str()))?;
    line.get(12)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_socket_by_its_inode() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n  \
                      512: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1213 2 0000000000000000 0\n  \
                      513: 0100007F:158B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1214 2 0000000000000000 17\n";
        assert_eq!(dropped(table, 1214), Some(17));
        assert_eq!(dropped(table, 99), None);
        assert_eq!(dropped("garbage", 99), None);
    }
}
