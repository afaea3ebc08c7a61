//! Records of log files, each in the way of its file.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_fuzz::choice;
use vigie_fuzz::log::check_record;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (dialect, record) = choice(bytes);
    let all = [Dialect::Syslog, Dialect::Dpkg, Dialect::Apt, Dialect::Dnf, Dialect::Zypper, Dialect::Audit];
    check_record(all[usize::from(dialect) % all.len()], record);
});
