//! The journal of systemd, through `journalctl` as a child process.
//!
//! Why not the library: it reads the files of a running journal without asking anybody, is LGPL and
//! C. The child is started in the export format, which loses nothing, after the cursor of the last
//! durable entry; when it dies it is started again, ever more slowly. Where the journal cannot be
//! read, the state says so. A cursor that journalctl refuses is given up for the time of its entry.

use super::{Desk, End, Feed, Given, Pauses, pump};
use crate::delivery::{Batch, Checkpoint, Undelivered};
use crate::header::journal::{Decoder, Entry};
use crate::state::SourceState;
use crate::stats::SourceStats;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// The source's name.
pub const NAME: &str = "journald";

/// How many entries are read that were there before the very first start.
pub const BACKLOG_MAX: u32 = 100_000;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How much of what journalctl complains about is kept.
const COMPLAINT_MAX: usize = 1024;

/// Part of journalctl's hint that the user may not see the system's entries.
const PARTIAL_MARK: &str = "not seeing messages from other users";

/// What of the journal is read, and by which program.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    pub(crate) program: PathBuf,
    /// Whether audit records come another way.
    pub(crate) without_audit: bool,
    /// The pauses before it is started again.
    pub(crate) pauses: Pauses,
}

/// How far the journal has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    cursor: String,
    /// Time of the entry, in µs: for when the cursor is refused.
    realtime: i64,
}

/// From where journalctl starts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Newest(u32),
    After(String),
    Since(i64),
}

/// Reads the journal until told to stop.
pub(crate) async fn read(journal: Journal, mut given: Given) {
    let mut pauses = journal.pauses.clone();
    let mut give_up_cursor = false;
    loop {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        let start = Start::from(before.as_deref(), give_up_cursor);
        let why = match read_from(&journal, &start, &mut given).await {
            Ok(Ended::Stopped) | Err(Interrupted::Undelivered(Undelivered::Closed)) => break,
            Ok(Ended::Exited { complaint }) => {
                give_up_cursor = matches!(start, Start::After(_)) && complaint.contains("cursor");
                if complaint.is_empty() { "journalctl ended".to_owned() } else { complaint }
            }
            Err(Interrupted::Undelivered(why)) => why.to_string(),
            Err(Interrupted::NotStarted(error)) if error.kind() == io::ErrorKind::NotFound => {
                given.desk.stats.set_state(SourceState::Absent { what: "journalctl".into() });
                return;
            }
            Err(Interrupted::NotStarted(error) | Interrupted::Broken(error)) => error.to_string(),
        };
        if given.stopped_before_settled().await {
            break;
        }
        if given.outbox.position() != before.as_deref() {
            pauses.reset();
        }
        given.desk.stats.set_state(SourceState::Failing { why });
        if given.stop.stopped_within(pauses.next()).await {
            break;
        }
    }
    given.take_leave().await;
}

/// How one run of journalctl ended.
enum Ended {
    Stopped,
    Exited { complaint: String },
}

/// Why one run of journalctl could not go on.
enum Interrupted {
    NotStarted(io::Error),
    Broken(io::Error),
    Undelivered(Undelivered),
}

async fn read_from(journal: &Journal, start: &Start, given: &mut Given) -> Result<Ended, Interrupted> {
    let mut child = Command::new(&journal.program)
        .args(arguments(start, journal.without_audit))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Interrupted::NotStarted)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Interrupted::NotStarted(io::Error::other("journalctl has no output")));
    };
    given.desk.stats.set_state(SourceState::Running);
    let complaint = Arc::new(Mutex::new(String::new()));
    let listener = tokio::spawn(listen_to_complaints(stderr, complaint.clone(), given.desk.stats.clone()));
    let mut feed = Entries { stdout, chunk: vec![0; CHUNK], decoder: Decoder::default(), desk: &mut given.desk };
    let end = pump(&mut feed, &mut given.outbox, &mut given.stop).await;
    let end = match end {
        Ok(End::Stopped) => Ok(Ended::Stopped),
        Ok(End::Said) => {
            // It has closed its output: what it complained about is on its way.
            drop(listener.await);
            let complaint = complaint.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Ok(Ended::Exited { complaint })
        }
        Ok(End::Broken(error)) => Err(Interrupted::Broken(error)),
        Err(why) => Err(Interrupted::Undelivered(why)),
    };
    end_child(child).await;
    end
}

/// Ends the child and takes leave of it, so that no zombie stays.
async fn end_child(mut child: Child) {
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "journalctl was gone before it was ended");
    }
}

/// Keeps the last of what journalctl complains about.
async fn listen_to_complaints(mut stderr: ChildStderr, complaint: Arc<Mutex<String>>, stats: Arc<SourceStats>) {
    let mut chunk = vec![0; COMPLAINT_MAX];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        let said = String::from_utf8_lossy(chunk.get(..length).unwrap_or_default()).trim().replace('\n', " ");
        if said.contains(PARTIAL_MARK) {
            stats.set_state(SourceState::Partial { why: said.clone() });
        }
        *complaint.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}

/// The entries of a running journalctl.
struct Entries<'a, R = ChildStdout> {
    stdout: R,
    chunk: Vec<u8>,
    decoder: Decoder,
    desk: &'a mut Desk,
}

impl<R: AsyncRead + Unpin + Send> Feed for Entries<'_, R> {
    async fn listen(&mut self) -> io::Result<bool> {
        let length = self.stdout.read(&mut self.chunk).await?;
        self.decoder.push(self.chunk.get(..length).unwrap_or_default());
        Ok(length > 0)
    }

    fn drain(&mut self, batch: &mut Batch) {
        while batch.has_room() {
            let Some(entry) = self.decoder.next_entry() else { return };
            if let Some(position) = Position::of(&entry) {
                batch.checkpoint = Some(Checkpoint { source: self.desk.stats.source().clone(), position: position.write() });
            }
            self.desk.stats.cut(entry.passed_over);
            let event = self.desk.reader.entry_or_aside(entry, self.desk.clock.now());
            self.desk.stats.count(&event);
            batch.push(event);
        }
    }
}

impl Position {
    fn of(entry: &Entry) -> Option<Self> {
        let cursor = std::str::from_utf8(entry.cursor()?).ok()?.to_owned();
        let realtime = entry.get("__REALTIME_TIMESTAMP").and_then(|time| std::str::from_utf8(time).ok()?.parse().ok())?;
        Some(Self { cursor, realtime })
    }

    fn write(&self) -> Vec<u8> {
        // A text and a number: writing them to memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Start {
    fn from(position: Option<&[u8]>, give_up_cursor: bool) -> Self {
        match position.and_then(|bytes| serde_json::from_slice::<Position>(bytes).ok()) {
            Some(position) if give_up_cursor => Self::Since(position.realtime + 1),
            Some(position) => Self::After(position.cursor),
            None => Self::Newest(BACKLOG_MAX),
        }
    }
}

fn arguments(start: &Start, without_audit: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["--output=export", "--follow", "--no-pager", "--all", "--merge"].into_iter().map(OsString::from).collect();
    match start {
        Start::Newest(count) => arguments.push(format!("--lines={count}").into()),
        Start::After(cursor) => arguments.extend(["--no-tail".into(), format!("--after-cursor={cursor}").into()]),
        Start::Since(micros) => {
            let since = format!("--since=@{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
            arguments.extend(["--no-tail".into(), since.into()]);
        }
    }
    if without_audit {
        let others = ["syslog", "journal", "stdout", "kernel", "driver"];
        arguments.extend(others.into_iter().map(|transport| format!("_TRANSPORT={transport}").into()));
    }
    arguments
}

/// Whether a journal runs on the machine with this root.
pub(crate) fn is_there(root: &Path) -> bool {
    root.join("run/systemd/journal/socket").exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{Bench, Received};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    /// Stands in for journalctl: writes down how it was called and does, in turn, what the scripts
    /// `1`, `2` … of its folder say; after the last it stays.
    struct Stand {
        folder: tempfile::TempDir,
    }

    impl Stand {
        fn new(scripts: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (number, script) in scripts.iter().enumerate() {
                fs::write(folder.path().join((number + 1).to_string()), script).unwrap();
            }
            let program = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho \"$@\" >> calls\nn=$(wc -l < calls)\n\
                           if [ -f $n ]; then . ./$n; else exec sleep 1000; fi\n";
            fs::write(folder.path().join("journalctl"), program).unwrap();
            fs::set_permissions(folder.path().join("journalctl"), fs::Permissions::from_mode(0o755)).unwrap();
            Self { folder }
        }

        fn journal(&self) -> Journal {
            let program = self.folder.path().join("journalctl");
            Journal { program, without_audit: false, pauses: Pauses::from(Duration::from_millis(1)) }
        }

        fn calls(&self) -> Vec<String> {
            let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap();
            calls.lines().map(|call| call.split("--merge ").nth(1).unwrap().to_owned()).collect()
        }
    }

    fn entry(number: u32) -> String {
        format!("printf '__CURSOR=c{number}\\n__REALTIME_TIMESTAMP=17952498000000{number:02}\\nMESSAGE=text {number}\\n\\n'\n")
    }

    #[tokio::test]
    async fn goes_on_after_the_last_durable_entry_when_it_dies() {
        let stand = Stand::new(&[&(entry(1) + &entry(2) + "exit 1\n"), &(entry(3) + "exec sleep 1000\n")]);
        let mut bench = Bench::new(NAME, None);
        let task = tokio::spawn(read(stand.journal(), bench.given()));
        let messages: Vec<String> = bench.receive(3).await.into_iter().map(Received::message).collect();
        assert_eq!(messages, ["text 1", "text 2", "text 3"]);
        assert_eq!(stand.calls(), [format!("--lines={BACKLOG_MAX}"), "--no-tail --after-cursor=c2".into()]);
        bench.stop();
        task.await.unwrap();
        assert_eq!(bench.stats.state(), SourceState::Stopped);
    }

    #[tokio::test]
    async fn a_refused_cursor_gives_way_to_its_time() {
        let stand =
            Stand::new(&["echo 'Failed to seek to cursor: Invalid argument' >&2\nexit 1\n", &(entry(3) + "exec sleep 1000\n")]);
        let position = Position { cursor: "gone".into(), realtime: 1_795_249_800_000_002 };
        let mut bench = Bench::new(NAME, Some(position.write()));
        let task = tokio::spawn(read(stand.journal(), bench.given()));
        assert_eq!(bench.receive(1).await.pop().unwrap().message(), "text 3");
        assert_eq!(stand.calls(), ["--no-tail --after-cursor=gone", "--no-tail --since=@1795249800.000003"]);
        bench.stop();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_refused_batch_is_read_again() {
        let stand = Stand::new(&[&(entry(1) + "exec sleep 1000\n"), &(entry(1) + "exec sleep 1000\n")]);
        let mut bench = Bench::new(NAME, None);
        let task = tokio::spawn(read(stand.journal(), bench.given()));
        bench.refuse().await;
        assert_eq!(bench.receive(1).await.pop().unwrap().message(), "text 1");
        assert_eq!(stand.calls().len(), 2);
        bench.stop();
        task.await.unwrap();
        assert_eq!((bench.stats.report().refused, bench.stats.report().acknowledged), (1, 1));
    }

    #[tokio::test]
    async fn without_the_program_the_state_says_so() {
        let bench = Bench::new(NAME, None);
        let journal = Journal { program: "/nonexistent/journalctl".into(), without_audit: false, pauses: Pauses::new() };
        read(journal, bench.given()).await;
        assert_eq!(bench.stats.state().word(), "absent");
    }

    #[tokio::test]
    async fn a_user_who_sees_less_is_told() {
        let hint = "echo 'Hint: You are currently not seeing messages from other users and the system.' >&2\n";
        let stand = Stand::new(&[&format!("{hint}read -r x < never || exec sleep 1000\n")]);
        let bench = Bench::new(NAME, None);
        let task = tokio::spawn(read(stand.journal(), bench.given()));
        bench.until(|state| state.word() == "partial").await;
        bench.stop();
        task.await.unwrap();
    }

    #[test]
    fn audit_records_are_left_to_auditd_where_it_runs() {
        let arguments = arguments(&Start::Newest(5), true);
        assert!(arguments.iter().any(|argument| argument == "_TRANSPORT=kernel"));
        assert!(!arguments.iter().any(|argument| argument == "_TRANSPORT=audit"));
    }
}
