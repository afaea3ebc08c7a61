//! Log files: what stands in them is there once, whatever becomes of the platform; and what reads them can be asked.

use super::peers::has;
use super::{Up, json, run, stderr, stdout, wait_for};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn count(data: &Path, query: &str) -> u64 {
    json(data, &["search", query, "--count", "--format", "json"])["count"].as_u64().unwrap_or_default()
}

/// Two frames of a container, a line and one that goes on with it.
fn record(number: u64) -> String {
    let time = super::now();
    format!("{time} stderr F obligation {number}\n{time} stderr F \tat step {number}\n")
}

#[test]
fn records_of_several_lines_come_once_whatever_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("var/log/pods/shop_web-7d4b9c6f5d-x2x7k_u-1/app");
    fs::create_dir_all(&folder).unwrap();
    let pattern = root.path().join("var/log/pods/*/*/*.log").display().to_string();
    let mut log = OpenOptions::new().create(true).append(true).open(folder.join("0.log")).unwrap();
    let mut written = 0;
    for _ in 0..3 {
        let up = Up::start(data.path(), &["--follow", &pattern]);
        let before = count(data.path(), "obligation");
        for _ in 0..300 {
            written += 1;
            log.write_all(record(written).as_bytes()).unwrap();
        }
        wait_for("some of the records", || (count(data.path(), "obligation") > before).then_some(()));
        up.kill();
    }
    let _up = Up::start(data.path(), &["--follow", &pattern]);
    wait_for("all records", || (count(data.path(), "obligation") >= written).then_some(()));
    assert_eq!(count(data.path(), "source:file:*"), written, "each record is one event, and none comes twice");
    assert_eq!(count(data.path(), "obligation step container:app namespace:shop workload:web"), written);
}

#[test]
fn lines_come_from_rsyslog() {
    if !has("rsyslogd") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &[]);
    let (_, port) = up.syslog.rsplit_once(':').unwrap();
    let work = tempfile::tempdir().unwrap();
    let shown = |name: &str| work.path().join(name).display().to_string();
    fs::write(
        work.path().join("rsyslog.conf"),
        format!(
            "global(workDirectory=\"{}\")\nmodule(load=\"imfile\")\ninput(type=\"imfile\" File=\"{}\" Tag=\"sshd[842]:\")\n\
             action(type=\"omfwd\" target=\"127.0.0.1\" port=\"{port}\" protocol=\"tcp\" TCP_Framing=\"octet-counted\" \
             template=\"RSYSLOG_SyslogProtocol23Format\")\n",
            work.path().display(),
            shown("in.log")
        ),
    )
    .unwrap();
    fs::write(work.path().join("in.log"), "Invalid user guest from 192.0.2.7 port 50022\n".repeat(100)).unwrap();
    let mut sender = Command::new("rsyslogd");
    sender.args(["-n", "-f", &shown("rsyslog.conf"), "-i", &shown("pid")]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut sender = sender.spawn().unwrap();
    wait_for("lines of rsyslog", || (count(data.path(), "source:syslog/tcp format:sshd guest") == 100).then_some(()));
    sender.kill().unwrap();
    sender.wait().unwrap();
    let coverage = json(data.path(), &["parsers", "coverage", "syslog/tcp", "--format", "json"]);
    assert!(
        coverage["sources"][0]["formats"].as_array().unwrap().iter().any(|row| row["format"] == "sshd" && row["events"] == 100)
    );
}

#[test]
fn what_is_not_understood_is_shown() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &[]);
    up.log(&[
        "<14>Nov 21 08:30:00 web-1 till: opened by nobody 7".to_owned(),
        "<14>Nov 21 08:30:00 web-1 till: opened by nobody 8".to_owned(),
    ]);
    let shown = || stdout(&run(data.path(), &["parsers", "coverage", "syslog/tcp"]));
    let told = wait_for("the coverage", || Some(shown()).filter(|shown| shown.contains("2 × ")));
    assert!(told.contains("2 × <14>Nov 21 08:30:00 web-1 till: opened by nobody 7"), "{told}");
}

#[test]
fn pages_and_records_are_tried() {
    let data = tempfile::tempdir().unwrap();
    let page = data.path().join("till.toml");
    fs::write(
        &page,
        "title = \"Till\"\nformat = \"till\"\nclass = \"api_activity\"\npattern = '(?<who>\\w+) opens (?<n>\\d+)'\n[fields]\n\
         \"actor.user.name\" = \"who\"\n\"api.operation\" = { is = \"open\" }\n",
    )
    .unwrap();
    let page = page.display().to_string();
    let check = || run(data.path(), &["parsers", "check", &page]);
    assert!(check().status.success() && stderr(&check()).contains("no samples"), "{}", stderr(&check()));
    fs::write(data.path().join("till.log"), "eva opens 7\nnothing\n").unwrap();
    assert_eq!((check().status.code(), stdout(&check()).trim().to_owned()), (Some(1), "not read: nothing".to_owned()));
    let samples = data.path().join("till.log").display().to_string();
    let tried = json(data.path(), &["parsers", "test", &samples, "--page", &page, "--format", "json"]);
    assert_eq!(tried["events"][0]["ocsf"]["actor"]["user"]["name"], "eva");
    let audit = "type=SYSCALL msg=audit(1795249800.123:1): arch=c000003e syscall=59 success=yes pid=1 exe=\"/bin/ls\"\n\
                 type=EXECVE msg=audit(1795249800.123:1): argc=2 a0=\"ls\" a1=\"-l\"\n";
    fs::write(data.path().join("audit.log"), audit).unwrap();
    let records = data.path().join("audit.log").display().to_string();
    let told = stdout(&run(data.path(), &["parsers", "test", &records, "--format", "csv"]));
    assert!(told.lines().count() == 2 && told.contains("process.cmd_line=ls -l"), "{told}");
    let listed = stdout(&run(data.path(), &["parsers", "list", "--format", "csv"]));
    assert!(listed.contains("sshd,parser,") && listed.contains("cloudtrail,page,"), "{listed}");
    fs::write(data.path().join("till.toml"), "title = 1").unwrap();
    assert_eq!(check().status.code(), Some(1));
}
