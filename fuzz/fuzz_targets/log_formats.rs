//! Records of log files, each in the way of its file.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_fuzz::choice;
use vigie_fuzz::log::{check_record, check_stretch};

vigie_fuzz::target!(|bytes: &[u8]| {
    let (dialect, record) = choice(bytes);
    let all = [Dialect::Syslog, Dialect::Dpkg, Dialect::Apt, Dialect::Dnf, Dialect::Zypper, Dialect::Audit, Dialect::Container];
    check_record(all[usize::from(dialect) % all.len()], record);
    check_stretch(Dialect::Audit, record);
    check_stretch(Dialect::Container, record);
});
