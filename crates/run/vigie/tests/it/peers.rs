//! The programs of others that users have around images: a registry, Podman, skopeo. A test that needs one which is
//! not installed says so and leaves that part out.

use super::built::Blobs;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whether a program is on the path.
pub(super) fn is_here(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Says which part of a test is left out.
#[expect(clippy::print_stdout, reason = "a test talks to who runs it")]
pub(super) fn skipped(why: &str) {
    println!("skipped: {why}");
}

/// Whether a program is on the path; says so where not.
pub(super) fn has(program: &str) -> bool {
    let has = is_here(program);
    if !has {
        skipped(&format!("{program} is not installed"));
    }
    has
}

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether somebody listens.
pub(super) fn listens(port: u16) -> Option<()> {
    TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
}

/// A program of others; killed when dropped.
pub(super) struct Peer(Child);

impl Peer {
    pub(super) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub(super) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Ends it as its service manager would.
    pub(super) fn terminate(self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Ends it as Ctrl-C does.
    pub(super) fn interrupt(self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Tells it again after a while: auditd, told while it begins, goes on.
    fn signal(mut self, signal: rustix::process::Signal) {
        let mut told: Option<Instant> = None;
        super::wait_for("the end of a program", || {
            if self.has_ended() {
                return Some(());
            }
            if told.is_none_or(|told| told.elapsed() > Duration::from_secs(3)) {
                rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), signal).unwrap();
                told = Some(Instant::now());
            }
            None
        });
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped_already = self.0.wait();
    }
}

/// Who may read of a private registry.
pub(super) const USER: (&str, &str) = ("eva", "quiet-harbour");
/// Their password as `htpasswd -B` keeps it.
const HTPASSWD: &str = "eva:$2y$04$vigievigievigievigieOedNSSpspm5SHCLUENbDIzoRtColgCccq\n";
/// The two in one, as HTTP sends it.
pub(super) const BASIC: &str = "ZXZhOnF1aWV0LWhhcmJvdXI=";

/// Debian's registry, serving a folder on loopback; ends when dropped.
pub(super) struct Registry {
    child: Child,
    /// `127.0.0.1:` and a port.
    pub(super) address: String,
    private: bool,
}

impl Registry {
    /// Starts one that keeps its blobs in a folder.
    pub(super) fn start(folder: &Path, private: bool) -> Self {
        let (settings, users) = (folder.join("settings.yml"), folder.join("users"));
        let auth =
            if private { format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", users.display()) } else { String::new() };
        let store = folder.join("store");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:0', secret: s}}\n{auth}",
            store.display()
        );
        fs::write(&settings, text).unwrap();
        fs::write(&users, HTPASSWD).unwrap();
        let mut command = Command::new("docker-registry");
        let mut child = command.arg("serve").arg(&settings).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.split_once("listening on ")?.1.split('"').next()?.to_owned()));
        // Keeps the pipe from filling up.
        std::thread::spawn(move || for _line in lines {});
        Self { child, address: address.unwrap(), private }
    }

    /// Puts blobs and documents there, the last document under this tag.
    pub(super) fn push(&self, repository: &str, tag: &str, blobs: &Blobs) {
        let is_document = |digest: &String| blobs.documents.iter().any(|(document, _)| document == digest);
        for (digest, bytes) in blobs.blobs.iter().filter(|(digest, _)| !is_document(digest)) {
            let begun = self.ask("POST", &format!("/v2/{repository}/blobs/uploads/"), "application/octet-stream", b"", 202);
            let location = begun.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
            let path = location.strip_prefix(&format!("http://{}", self.address)).unwrap_or(location);
            self.ask("PUT", &format!("{path}&digest={digest}"), "application/octet-stream", bytes, 201);
        }
        for (digest, kind) in &blobs.documents {
            let last = blobs.documents.last().is_some_and(|(last, _)| last == digest);
            for name in std::iter::once(digest.as_str()).chain(last.then_some(tag)) {
                self.ask("PUT", &format!("/v2/{repository}/manifests/{name}"), kind, &blobs.blobs[digest], 201);
            }
        }
    }

    /// One request; gives the head of the answer.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8], wanted: u16) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let auth = if self.private { format!("Authorization: Basic {BASIC}\r\n") } else { String::new() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n{auth}\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {wanted} ")), "{method} {path}: {answer}");
        answer
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// A store of Podman's below a folder that takes the place of `~/.local/share`.
pub(super) struct Podman<'a>(pub(super) &'a Path);

impl Podman<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new("podman");
        command.arg("--root").arg(self.0.join("containers/storage")).arg("--runroot").arg(self.0.join("run"));
        command.args(["--storage-driver", "overlay", "--storage-opt", "overlay.skip_mount_home=true"]);
        command
    }

    /// Loads an archive; false where Podman cannot work here, as without rights to lay folders on each other.
    pub(super) fn load(&self, archive: &Path) -> bool {
        let output = self.command().arg("load").arg("-i").arg(archive).output().unwrap();
        let done = output.status.success();
        if !done {
            skipped(&format!("podman cannot load an image here: {}", String::from_utf8_lossy(&output.stderr)));
        }
        done
    }
}
