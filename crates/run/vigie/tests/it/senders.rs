//! Programs of others that write what we read, as Debian has them: nginx, PostgreSQL, auditd, journald.
//!
//! Each is started here, on loopback and in a folder of its own, and ended here. One that is not installed, or may not
//! run here, is said to be left out.

use super::peers::{Peer, free_port, has, is_here, listens, skipped};
use super::{Up, json, run, stdout, wait_for};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

fn count(data: &Path, query: &str) -> u64 {
    json(data, &["search", query, "--count", "--format", "json"])["count"].as_u64().unwrap_or_default()
}

/// What matches, the newest first.
fn events(data: &Path, query: &str) -> Vec<Value> {
    let output = run(data, &["search", query, "--limit", "1000", "--format", "json"]);
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits for so many events, and holds that there are no more.
fn exactly(data: &Path, query: &str, expected: u64) {
    wait_for(&format!("{expected} of {query}"), || (count(data, query) >= expected).then_some(()));
    assert_eq!(count(data, query), expected, "{query}");
}

// --- nginx ---

const BROWSER: &[u8] = b" HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\nUser-Agent: probe \"one\" \xff\r\n";

/// A request as bytes; gives the status.
fn ask(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // What is refused before it was read to its end is hung up on.
    let _hung_up = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn requests_are_told_by_nginx() {
    if !has("nginx") {
        return;
    }
    let (data, work, port) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), free_port());
    let at = work.path().display().to_string();
    let follow: Vec<String> = ["access.log", "access-json.log", "error.log"].map(|name| format!("{at}/{name}")).into();
    let up = Up::start(data.path(), &["--follow", &follow[0], "--follow", &follow[1], "--follow", &follow[2]]);
    fs::create_dir(work.path().join("www")).unwrap();
    fs::write(work.path().join("www/index.html"), "hello\n").unwrap();
    fs::write(work.path().join("users"), "eva:{PLAIN}quiet-harbour\n").unwrap();
    let settings = format!(
        "daemon off; worker_processes 1; pid {at}/pid; error_log {at}/error.log info; {user}\nevents {{}}\nhttp {{\n\
         log_format all escape=json '{{\"time_iso8601\":\"$time_iso8601\",\"remote_addr\":\"$remote_addr\",\"remote_user\":\"$remote_user\",\
         \"request\":\"$request\",\"status\":\"$status\",\"body_bytes_sent\":\"$body_bytes_sent\",\"http_user_agent\":\"$http_user_agent\"}}';\n\
         access_log {at}/access.log combined; access_log {at}/access-json.log all;\n\
         access_log syslog:server={syslog},tag=nginx,nohostname combined;\n\
         client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
         server {{ listen 127.0.0.1:{port}; server_name web.example; root {at}/www;\n\
         location /private {{ auth_basic x; auth_basic_user_file {at}/users; }} location /up {{ proxy_pass http://127.0.0.1:1; }} }}\n}}\n",
        // Where root starts it, its worker would not get into our folder.
        user = if rustix::process::geteuid().is_root() { "user root;" } else { "" },
        syslog = up.syslog,
    );
    fs::write(work.path().join("nginx.conf"), settings).unwrap();
    let error_log = format!("{at}/error.log");
    let mut nginx = Command::new("nginx");
    let nginx = Peer::start(nginx.args(["-p", &at, "-c", "nginx.conf", "-e", &error_log]));
    wait_for("nginx", || listens(port));
    let get = |path: &[u8], more: &[u8]| ask(port, &[b"GET ", path, BROWSER, more, b"\r\n"].concat());
    assert_eq!(get(b"/", b""), "200");
    assert_eq!(get(b"/missing.php?x=%27+OR+1=1", b""), "404");
    assert_eq!(get(b"/caf\xe9/..%2f..%2fetc/passwd", b""), "400");
    assert_eq!(get(b"/up", b""), "502");
    assert_eq!(get(b"/private", b"Authorization: Basic ZXZhOndyb25n\r\n"), "401");
    assert_eq!(get(b"/private", b"Authorization: Basic ZXZhOnF1aWV0LWhhcmJvdXI=\r\n"), "404");
    // Somebody who takes it for TLS.
    assert_eq!(ask(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), "400");

    for source in ["file:*access.log", "file:*access-json.log", "syslog/udp"] {
        let of_source = |query: &str| format!("source:{source} format:web-access class:http_activity {query}");
        wait_for(source, || (count(data.path(), &of_source("src:127.0.0.1")) >= 7).then_some(()));
        // Waiting connects to it once more, and says nothing.
        assert_eq!(count(data.path(), &of_source("src:127.0.0.1")), 7, "{source}");
        for (query, expected) in [
            ("http_response.code:200 activity:get status_id:1", 1),
            ("http_response.code:404 activity:get status_id:2", 2),
            ("http_request.url.path:/missing.php http_request.url.query_string:\"x=%27+OR+1=1\"", 1),
            ("http_response.code:400", 2),
            ("http_response.code:502", 1),
            ("user:eva http_request.url.path:/private", 2),
        ] {
            assert_eq!(count(data.path(), &of_source(query)), expected, "{source} {query}");
        }
    }
    let errors = |query: &str, expected| exactly(data.path(), &format!("source:file:*error.log format:nginx {query}"), expected);
    errors("class:authentication user:eva status_id:2 src:127.0.0.1", 1);
    errors("\"Connection refused\" http_request.url.path:/up", 1);
    // nginx writes there what came as it came.
    errors("\"client sent invalid request\" passwd", 1);
    nginx.terminate();
    errors("class:application_lifecycle activity:stop", 1);
    assert_eq!(count(data.path(), "source:file:* unmapped.set_aside:*"), 0);
    let coverage = json(data.path(), &["parsers", "coverage", "--format", "json"]);
    let unread = coverage["sources"].as_array().unwrap().iter().filter(|row| row["unparsed"].as_u64().unwrap_or(0) > 0).count();
    assert_eq!(unread, 0, "{coverage}");
    assert_eq!(up.terminate(), 0);
}

// --- PostgreSQL ---

/// The folder of PostgreSQL's programs: on the path, or where Debian has them, which keeps them off it.
fn postgres_programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let found = std::env::split_paths(&path).chain(versions.map(|entry| entry.path().join("bin")));
    let found = found.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    if found.is_none() || !is_here("psql") {
        skipped("PostgreSQL, or its psql, is not installed");
        return None;
    }
    found
}

/// Whom a program runs as that refuses to be root.
const NOBODY: u32 = 65_534;

struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl Postgres {
    fn new(programs: PathBuf) -> Self {
        let postgres = Self { programs, folder: tempfile::tempdir().unwrap(), port: free_port() };
        if rustix::process::geteuid().is_root() {
            chown(&postgres.folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let password = postgres.folder.path().join("password");
        fs::write(&password, "quiet-harbour\n").unwrap();
        let mut initdb = postgres.program("initdb");
        initdb.args(["-A", "scram-sha-256", "-U", "eva", "--no-sync", "-E", "UTF8", "--locale=C", "--pwfile"]).arg(&password);
        let made = initdb.arg("-D").arg(postgres.folder.path().join("data")).output().unwrap();
        assert!(made.status.success(), "{}", super::stderr(&made));
        postgres
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.folder).env("LC_ALL", "C");
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Whether it writes logs of JSON: since version 15.
    fn has_json(&self) -> bool {
        let told = stdout(&self.program("postgres").arg("--version").output().unwrap());
        told.split(' ').find_map(|word| word.split('.').next()?.parse::<u32>().ok()).is_some_and(|version| version >= 15)
    }

    fn run(&self, destinations: &str) -> Peer {
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.folder.path().join("data"));
        let (socket, port) = (self.folder.path().display().to_string(), self.port.to_string());
        for (name, value) in [
            ("listen_addresses", "127.0.0.1"),
            ("port", &port),
            ("unix_socket_directories", &socket),
            ("fsync", "off"),
            ("autovacuum", "off"),
            ("logging_collector", "on"),
            ("log_destination", destinations),
            ("log_directory", &format!("{socket}/log")),
            ("log_filename", "postgresql-now.log"),
            ("log_connections", "on"),
            ("log_disconnections", "on"),
            ("log_min_duration_statement", "100"),
            ("log_statement", "ddl"),
        ] {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        let peer = Peer::start(&mut server);
        wait_for("PostgreSQL", || self.psql("eva", "quiet-harbour", "select 1").status.success().then_some(()));
        peer
    }

    fn psql(&self, user: &str, password: &str, statement: &str) -> Output {
        let (port, mut psql) = (self.port.to_string(), Command::new("psql"));
        psql.args(["-X", "-q", "-h", "127.0.0.1", "-p", &port, "-d", "postgres", "-U", user, "-c", statement]);
        psql.env("PGPASSWORD", password).output().unwrap()
    }
}

#[test]
fn what_postgres_logs_is_read_alike_from_csv_and_json() {
    let Some(programs) = postgres_programs() else { return };
    let postgres = Postgres::new(programs);
    let log = postgres.folder.path().join("log").display().to_string();
    let (destinations, endings) =
        if postgres.has_json() { ("csvlog,jsonlog", &["csv", "json"][..]) } else { ("csvlog", &["csv"][..]) };
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &["--follow", &format!("{log}/*.csv"), "--follow", &format!("{log}/*.json")]);
    let server = postgres.run(destinations);
    assert!(!postgres.psql("eva", "wrong", "select 1").status.success());
    assert!(!postgres.psql("mallory", "wrong", "select 1").status.success());
    for statement in [
        "select pg_sleep(0.15)",
        "select * from nothing",
        "select 1/0,\n 'a \"quoted\", one',\n 'é日本'",
        "create table shop(a text)",
    ] {
        let _it_may_fail = postgres.psql("eva", "quiet-harbour", statement);
    }
    server.interrupt();

    for ending in endings {
        let of_file = |query: &str| format!("source:file:*.{ending} format:postgres {query}");
        exactly(data.path(), &of_file("class:application_lifecycle activity:stop \"is shut down\""), 1);
        for (query, expected) in [
            ("class:application_lifecycle activity:start", 1),
            ("class:authentication activity:logon status_id:2 src:127.0.0.1", 2),
            ("class:authentication activity:logon status_id:2 user:mallory", 1),
            ("class:datastore_activity query_info.query_string:\"select pg_sleep(0.15)\" user:eva", 1),
            ("\"division by zero\" status_code:22012", 1),
            ("\"does not exist\" status_code:42P01", 1),
            ("class:datastore_activity query_info.query_string:\"create table shop(a text)\"", 1),
        ] {
            assert_eq!(count(data.path(), &of_file(query)), expected, "{ending} {query}");
        }
        // One sign-in is one, though two lines tell of it; and each of them leaves again.
        let signed_in = count(data.path(), &of_file("class:authentication activity:logon status_id:1"));
        assert!(signed_in >= 5, "{signed_in}");
        assert_eq!(count(data.path(), &of_file("class:authentication activity:logoff")), signed_in, "{ending}");
        let slow = &events(data.path(), &of_file("query_info.query_string:\"select pg_sleep(0.15)\""))[0];
        assert!(slow["fields"]["query_info.query_time"].as_i64().unwrap() >= 150, "{slow}");
        assert_eq!(count(data.path(), &format!("source:file:*.{ending} NOT format:postgres")), 0);
    }
    assert_eq!(up.terminate(), 0);
}

// --- auditd ---

#[test]
fn auditd_tells_of_itself() {
    if !has("auditd") {
        return;
    }
    let state = Command::new("auditctl").arg("-s").output();
    // One auditd is all that a kernel has. Auditing is not switched on: the kernel would go on paying for it.
    if !rustix::process::geteuid().is_root() || !state.is_ok_and(|state| stdout(&state).lines().any(|line| line == "pid 0")) {
        skipped("auditd may not run here, or runs already");
        return;
    }
    let (data, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = work.path().join("audit.log");
    let settings = format!(
        "local_events = yes\nwrite_logs = yes\nlog_file = {}\nlog_group = root\nlog_format = ENRICHED\nflush = INCREMENTAL\nfreq = 1\n\
         num_logs = 2\nmax_log_file = 1\nmax_log_file_action = IGNORE\nspace_left = 2\nspace_left_action = IGNORE\n\
         admin_space_left = 1\nadmin_space_left_action = IGNORE\ndisk_full_action = IGNORE\ndisk_error_action = IGNORE\n\
         name_format = NONE\nplugin_dir = {}\n",
        log.display(),
        work.path().display()
    );
    fs::write(work.path().join("auditd.conf"), settings).unwrap();
    let _up = Up::start(data.path(), &["--follow", &log.display().to_string()]);
    let mut auditd = Command::new("auditd");
    let mut auditd = Peer::start(auditd.args(["-n", "-s", "nochange", "-c"]).arg(work.path()));
    let begun = Instant::now();
    while !log.exists() || !fs::read_to_string(&log).unwrap().contains("DAEMON_START") {
        if auditd.has_ended() || begun.elapsed() > super::PATIENCE {
            skipped("the kernel lets no auditd run here");
            return;
        }
        std::thread::yield_now();
    }
    exactly(data.path(), "format:audit class:1008 activity:start", 1);
    auditd.terminate();
    exactly(data.path(), "format:audit class:1008 activity:stop", 1);
    assert_eq!(count(data.path(), "source:file:* NOT format:audit"), 0);
    // The tool beside it reads the same records.
    let same = Command::new("ausearch").args(["--raw", "-if"]).arg(&log).output().unwrap();
    assert_eq!(stdout(&same).lines().filter(|line| line.starts_with("type=DAEMON_")).count(), 2);
}

// --- journald ---

/// A mount namespace of its own, with a journal of its own in it, where journald runs as the one of a namespace: so it
/// leaves the kernel's messages and auditing alone.
const NAMESPACE: &str = "mount -t tmpfs t /run && mount -t tmpfs t /var/log && \
    mkdir -p /run/systemd/journal.vigie /run/systemd/journal && \
    mount --bind /run/systemd/journal.vigie /run/systemd/journal && exec /lib/systemd/systemd-journald vigie";

struct Journal {
    daemon: Peer,
    programs: tempfile::TempDir,
}

impl Journal {
    /// None where it may not run.
    fn run() -> Option<Self> {
        let tools = ["unshare", "nsenter", "journalctl", "systemd-cat", "logger"];
        if !Path::new("/lib/systemd/systemd-journald").is_file() || !tools.into_iter().all(has) {
            return None;
        }
        let mut daemon = Peer::start(Command::new("unshare").args(["--mount", "sh", "-c", NAMESPACE]));
        let socket = format!("/proc/{}/root/run/systemd/journal/socket", daemon.id());
        let begun = Instant::now();
        while !Path::new(&socket).exists()
            || !fs::read_link(format!("/proc/{}/exe", daemon.id())).is_ok_and(|exe| exe.ends_with("systemd-journald"))
        {
            if daemon.has_ended() || begun.elapsed() > super::PATIENCE {
                skipped("journald may not run here");
                return None;
            }
            std::thread::yield_now();
        }
        let programs = tempfile::tempdir().unwrap();
        let journalctl = programs.path().join("journalctl");
        fs::write(&journalctl, "#!/bin/sh\nexec /usr/bin/journalctl --namespace=vigie \"$@\"\n").unwrap();
        fs::set_permissions(&journalctl, fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { daemon, programs })
    }

    /// A program in the namespace.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.daemon.id())).arg(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.programs.path().display())).env("LC_ALL", "C");
        command
    }

    fn say(&self, program: &str, arguments: &[&str], text: &[u8]) {
        let mut command = self.command(program);
        let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        assert!(child.wait().unwrap().success(), "{program}");
    }

    fn up(&self, data: &Path) -> Up {
        let mut command = self.command(env!("CARGO_BIN_EXE_vigie"));
        command.args(["up", "--listen", "127.0.0.1:0", "--syslog", "127.0.0.1:0", "--feeds", "none", "--data"]).arg(data);
        Up::of(&mut command)
    }
}

#[test]
fn the_journal_is_read_once_whatever_is_killed() {
    let Some(journal) = Journal::run() else { return };
    let data = tempfile::tempdir().unwrap();
    let sign_in = |port: usize| format!("Failed password for root from 192.0.2.7 port {port} ssh2\n");
    let (first, second): (String, String) = ((1..=100).map(sign_in).collect(), (101..=200).map(sign_in).collect());
    journal.say("systemd-cat", &["-t", "sshd", "-p", "info"], first.as_bytes());
    let up = journal.up(data.path());
    let query = "source:journald format:sshd class:authentication status_id:2 src:192.0.2.7";
    exactly(data.path(), query, 100);
    journal.say("systemd-cat", &["-t", "sshd", "-p", "info"], second.as_bytes());
    up.kill();
    // The socket that syslog's daemons listened to, and fields that are no text.
    journal.say(
        "logger",
        &["--socket", "/run/systemd/journal/dev-log", "-t", "sudo"],
        b"eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls\n",
    );
    journal.say("logger", &["--journald"], b"MESSAGE=obligation caf\xe9\nSYSLOG_IDENTIFIER=till\nPRIORITY=3\nSHOP=west\n");
    let up = journal.up(data.path());
    exactly(data.path(), query, 200);
    exactly(data.path(), "source:journald format:sudo user:eva cmd:/bin/ls", 1);
    exactly(data.path(), "source:journald obligation process:till", 1);
    assert_eq!(count(data.path(), "source:journald unmapped.set_aside:*"), 0);
    assert_eq!(up.terminate(), 0);
}
