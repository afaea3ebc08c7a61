//! Running another program for what it prints: no shell, a time limit, bounded output.
//!
//! Used for tools that know better than we do (`sshd -T`, `podman ps`). The program runs in a process
//! group of its own, without input, in the C locale; both pipes are drained at once, so it never
//! blocks on one of them, and at the limit the whole group is killed and reaped. Holds: [`run`]
//! returns at the latest when the time is over, also when a grandchild keeps a pipe open.

use crate::problem::{Explain, Kind, Problem};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use vigie_model::text;

/// What a program may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time until it is killed.
    pub time: Duration,
    /// Bytes it may write to its standard output.
    pub stdout_max: u64,
}

/// How much a program may be told on its standard input.
pub const INPUT_MAX: usize = 4096;

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: Vec<u8>,
    /// The first [`STDERR_MAX`] bytes of its standard error.
    pub stderr: Vec<u8>,
}

/// How often is asked whether to stop.
const STOP_ASKED_EVERY: Duration = Duration::from_millis(100);

/// Of standard error, only this many bytes are kept; the rest is read and dropped.
pub const STDERR_MAX: usize = 16 * 1024;

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program is not installed.
    #[error("{program} is not installed")]
    Missing {
        /// Which.
        program: String,
    },
    /// It was told to stop.
    #[error("{program} was stopped")]
    Stopped {
        /// Which.
        program: String,
    },
    /// It could not be started or watched.
    #[error("cannot run {program}")]
    Failed {
        /// Which.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It was still running at the limit and was killed.
    #[error("{program} did not finish within {} s", limit.as_secs_f32())]
    TooSlow {
        /// Which.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It wrote more than was asked for and was killed.
    #[error("{program} wrote more than {max} bytes")]
    TooMuch {
        /// Which.
        program: String,
        /// The limit.
        max: u64,
    },
}

/// Runs a program to its end and returns what it wrote.
///
/// A status other than 0 is not an error here: some tools answer through it.
///
/// # Errors
/// See [`RunError`]. In every case the program no longer runs.
pub fn run<A: AsRef<OsStr>>(program: &str, args: &[A], limits: Limits) -> Result<Output, RunError> {
    run_to_end(start(program, args, Stdio::null())?, program, limits, &|| false)
}

/// The same for a program that takes long: it is killed when `stop`, asked several times a second, says so.
///
/// # Errors
/// See [`RunError`]. In every case the program no longer runs.
pub fn run_unless<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    limits: Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Output, RunError> {
    run_to_end(start(program, args, Stdio::null())?, program, limits, stop)
}

/// The same for a program that is told something short on its standard input: at most [`INPUT_MAX`] bytes, the rest
/// is left out.
///
/// # Errors
/// See [`RunError`]. In every case the program no longer runs.
pub fn run_with_input<A: AsRef<OsStr>>(program: &str, args: &[A], input: &[u8], limits: Limits) -> Result<Output, RunError> {
    use std::io::Write;
    let mut child = start(program, args, Stdio::piped())?;
    if let Some(mut pipe) = child.stdin.take() {
        // A pipe takes this much without waiting for its reader. A program that does not listen answers all the same.
        if let Err(error) = pipe.write_all(&input[..input.len().min(INPUT_MAX)]) {
            tracing::debug!(program, %error, "a program does not listen");
        }
    }
    run_to_end(child, program, limits, &|| false)
}

fn run_to_end(mut child: Child, program: &str, limits: Limits, stop: &dyn Fn() -> bool) -> Result<Output, RunError> {
    let collected = collect(&mut child, program, limits, stop);
    // Kills what is left of the group on every path: after a success these are grandchildren that
    // outlived the program; the group cannot have another owner before the child is reaped below.
    kill_group(&child);
    let status = child.wait().map_err(|source| failed(program, source));
    let (stdout, stderr) = collected?;
    Ok(Output { status: status?, stdout, stderr })
}

fn start<A: AsRef<OsStr>>(program: &str, args: &[A], stdin: Stdio) -> Result<Child, RunError> {
    let mut command = Command::new(program);
    command.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("LC_ALL", "C").env_remove("LANGUAGE").process_group(0);
    command.spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => RunError::Missing { program: program.to_owned() },
        _ => failed(program, source),
    })
}

/// What the watching threads report.
enum Report {
    Stdout(io::Result<Vec<u8>>),
    Stderr(Vec<u8>),
    Ended,
}

fn collect(child: &mut Child, program: &str, limits: Limits, stop: &dyn Fn() -> bool) -> Result<(Vec<u8>, Vec<u8>), RunError> {
    let reports = watch(child, program, limits)?;
    let deadline = Instant::now() + limits.time;
    let (mut stdout, mut stderr, mut ended) = (None, None, false);
    loop {
        if let (Some(out), Some(err), true) = (&mut stdout, &mut stderr, ended) {
            return Ok((std::mem::take(out), std::mem::take(err)));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match reports.recv_timeout(left.min(STOP_ASKED_EVERY)) {
            Ok(Report::Stdout(read)) => {
                let bytes = read.map_err(|source| failed(program, source))?;
                if bytes.len() as u64 > limits.stdout_max {
                    return Err(RunError::TooMuch { program: program.to_owned(), max: limits.stdout_max });
                }
                stdout = Some(bytes);
            }
            Ok(Report::Stderr(bytes)) => stderr = Some(bytes),
            Ok(Report::Ended) => ended = true,
            Err(_) if stop() => return Err(RunError::Stopped { program: program.to_owned() }),
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(_) => return Err(RunError::TooSlow { program: program.to_owned(), limit: limits.time }),
        }
    }
}

/// Starts one thread for each pipe and one that waits for the end without reaping.
///
/// The threads are not joined: a grandchild that left the group may hold a pipe open for as long as
/// it likes, and only its reader waits for it.
fn watch(child: &mut Child, program: &str, limits: Limits) -> Result<Receiver<Report>, RunError> {
    let (sender, reports) = mpsc::channel();
    let pid = Pid::from_child(child);
    if let Some(pipe) = child.stdout.take() {
        let max = limits.stdout_max.saturating_add(1);
        spawn("stdout", &sender, move || Report::Stdout(read_up_to(pipe, max))).map_err(|source| failed(program, source))?;
    }
    if let Some(pipe) = child.stderr.take() {
        spawn("stderr", &sender, move || Report::Stderr(read_and_drain(pipe))).map_err(|source| failed(program, source))?;
    }
    spawn("end", &sender, move || {
        // NOWAIT leaves the child to be reaped by `run`, so that its id stays taken until then.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
        Report::Ended
    })
    .map_err(|source| failed(program, source))?;
    Ok(reports)
}

fn spawn(name: &str, sender: &Sender<Report>, work: impl FnOnce() -> Report + Send + 'static) -> io::Result<()> {
    let sender = sender.clone();
    let thread = thread::Builder::new().name(format!("run-{name}"));
    // When nobody listens any more, the run was given up and the report is of no use.
    thread.spawn(move || drop(sender.send(work()))).map(drop)
}

fn read_up_to(pipe: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_and_drain(mut pipe: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut chunk = [0; 4096];
    // An error ends the talk like an end of file: standard error is for people, not for parsers.
    while let Ok(count @ 1..) = pipe.read(&mut chunk) {
        let room = STDERR_MAX.saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..count.min(room)]);
    }
    kept
}

fn kill_group(child: &Child) {
    match rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL) {
        // No process is left in it: the usual case.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(pid = child.id(), %error, "a process group could not be killed"),
    }
}

fn failed(program: &str, source: io::Error) -> RunError {
    RunError::Failed { program: program.to_owned(), source }
}

impl Explain for RunError {
    fn explain(self) -> Problem {
        match &self {
            Self::Missing { program } => Problem::new(
                Kind::Environment,
                text!(
                    en "{program} is not installed",
                    fr "{program} n'est pas installé",
                    de "{program} ist nicht installiert"
                ),
            )
            .hint(text!(
                en "install it, or check that it is in PATH",
                fr "installez-le, ou vérifiez qu'il se trouve dans PATH",
                de "installieren Sie es oder prüfen Sie, ob es in PATH liegt"
            )),
            Self::Stopped { program } => Problem::new(
                Kind::Environment,
                text!(en "{program} was stopped", fr "{program} a été arrêté", de "{program} wurde beendet"),
            ),
            Self::Failed { program, source } => Problem::new(
                Kind::Environment,
                text!(
                    en "{program} could not be run ({source})",
                    fr "impossible d'exécuter {program} ({source})",
                    de "{program} konnte nicht ausgeführt werden ({source})"
                ),
            )
            .hint(text!(
                en "run it by hand as the same user to see what is wrong",
                fr "lancez-le à la main sous le même compte pour voir ce qui ne va pas",
                de "starten Sie es von Hand unter demselben Benutzer, um die Ursache zu sehen"
            )),
            Self::TooSlow { program, limit } => {
                let seconds = limit.as_secs_f32();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "{program} did not finish within {seconds} s and was stopped",
                        fr "{program} n'a pas terminé en {seconds} s et a été arrêté",
                        de "{program} war nach {seconds} s nicht fertig und wurde beendet"
                    ),
                )
                .hint(text!(
                    en "run it by hand to see what it waits for",
                    fr "lancez-le à la main pour voir ce qu'il attend",
                    de "starten Sie es von Hand, um zu sehen, worauf es wartet"
                ))
            }
            Self::TooMuch { program, max } => Problem::new(
                Kind::Environment,
                text!(
                    en "{program} wrote more than the {max} bytes that are accepted and was stopped",
                    fr "{program} a écrit plus que les {max} octets acceptés et a été arrêté",
                    de "{program} hat mehr als die zulässigen {max} Bytes ausgegeben und wurde beendet"
                ),
            )
            .hint(text!(
                en "run it by hand to see what it prints",
                fr "lancez-le à la main pour voir ce qu'il affiche",
                de "starten Sie es von Hand, um zu sehen, was es ausgibt"
            )),
        }
        .because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { time: Duration::from_secs(30), stdout_max: 1 << 20 };

    fn shell(script: &str, limits: Limits) -> Result<Output, RunError> {
        run("sh", &["-c", script], limits)
    }

    #[test]
    fn a_program_reads_what_it_is_told() {
        let limits = Limits { time: Duration::from_secs(20), stdout_max: 100 };
        assert_eq!(run_with_input("cat", &[] as &[&str], b"told", limits).unwrap().stdout, b"told");
    }

    #[test]
    fn both_pipes_and_the_status_come_back() {
        let output = shell("echo out; echo err >&2; exit 3", LIMITS).unwrap();
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn full_pipes_do_not_block() {
        let script = "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero";
        let output = shell(script, LIMITS).unwrap();
        assert_eq!((output.stdout.len(), output.stderr.len()), (300_000, STDERR_MAX));
    }

    #[test]
    fn it_is_killed_at_the_limits_with_all_its_children() {
        let quick = Limits { time: Duration::from_millis(50), ..LIMITS };
        assert!(matches!(shell("sleep 1000 & wait", quick), Err(RunError::TooSlow { .. })));
        let stopped = run_unless("sh", &["-c", "sleep 1000 & wait"], LIMITS, &|| true);
        assert!(matches!(stopped, Err(RunError::Stopped { .. })));
        let small = Limits { stdout_max: 10, ..LIMITS };
        assert!(matches!(shell("cat /dev/zero", small), Err(RunError::TooMuch { max: 10, .. })));
    }

    #[test]
    fn output_of_exactly_the_limit_is_accepted() {
        assert_eq!(shell("printf 12345", Limits { stdout_max: 5, ..LIMITS }).unwrap().stdout, b"12345");
    }

    #[test]
    fn arguments_are_not_read_by_a_shell() {
        assert_eq!(run("echo", &["$HOME; ls"], LIMITS).unwrap().stdout, b"$HOME; ls\n");
    }

    #[test]
    fn a_missing_program_is_said_to_be_missing() {
        let problem = run::<&str>("vigie-absent", &[], LIMITS).unwrap_err().explain();
        assert_eq!(problem.said.fr, "vigie-absent n'est pas installé");
    }
}
