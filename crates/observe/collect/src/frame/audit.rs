//! Which records of auditd's file belong to one event.
//!
//! The kernel writes an event as several records with one number, `msg=audit(TIME:NUMBER)`: what was called, with which
//! arguments, where, on which files. Those of events on other processors may stand between them. An event is complete
//! with its `PROCTITLE` or `EOE`; records of programs (`USER_LOGIN`) are complete by themselves. One that never gets its
//! end is given after [`LINES_OPEN_MAX`] lines, or when a record is [`AGE_MAX_S`] seconds younger.

/// Lines that an event is waited for.
const LINES_OPEN_MAX: usize = 64;

/// Seconds, by the records' own times, that an event is waited for.
const AGE_MAX_S: u64 = 2;

/// Most events that are open at the same time.
const OPEN_MAX: usize = 32;

/// Most lines given together.
const LINES_MAX: usize = 1_024;

/// Events that are not complete.
#[derive(Debug, Default)]
pub(super) struct Open {
    events: Vec<Event>,
    lines: usize,
}

#[derive(Debug)]
struct Event {
    number: u64,
    second: u64,
    last_line: usize,
}

/// What a line says about the event it belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark<'a> {
    /// `SYSCALL`, `USER_LOGIN`
    pub(crate) kind: &'a str,
    /// `1795249800.123:456`
    pub(crate) event: &'a str,
}

/// The event of a line: `[node=NAME ]type=KIND msg=audit(EVENT): …`.
pub(crate) fn mark(line: &str) -> Option<Mark<'_>> {
    let line = match line.strip_prefix("node=") {
        Some(rest) => rest.split_once(' ')?.1,
        None => line,
    };
    let (kind, rest) = line.strip_prefix("type=")?.split_once(' ')?;
    let (event, _) = rest.strip_prefix("msg=audit(")?.split_once("):")?;
    Some(Mark { kind, event })
}

impl Open {
    /// Whether a line belongs with those before it: while anything is open, whatever comes.
    pub(super) fn takes(&mut self, line: &[u8]) -> bool {
        let mark = str::from_utf8(line.get(..line.len().min(256)).unwrap_or_default())
            .or_else(|error| str::from_utf8(line.get(..error.valid_up_to()).unwrap_or_default()))
            .ok()
            .and_then(mark);
        let numbers = mark.as_ref().and_then(|mark| {
            let (time, number) = mark.event.split_once(':')?;
            Some((number.parse::<u64>().ok()?, time.split('.').next()?.parse::<u64>().ok()?))
        });
        let (line_number, is_first) = (self.lines, self.lines == 0);
        if let Some((number, second)) = numbers {
            let is_late = |event: &Event| {
                event.number != number && (line_number - event.last_line > LINES_OPEN_MAX || second > event.second + AGE_MAX_S)
            };
            self.events.retain(|event| !is_late(event));
        }
        if !is_first && (self.events.is_empty() || self.lines >= LINES_MAX) {
            return false;
        }
        self.lines += 1;
        let (Some(mark), Some((number, second))) = (mark, numbers) else { return true };
        if matches!(mark.kind, "PROCTITLE" | "EOE") {
            self.events.retain(|event| event.number != number);
        } else if let Some(event) = self.events.iter_mut().find(|event| event.number == number) {
            event.last_line = line_number;
        } else if is_of_several(mark.kind) && self.events.len() < OPEN_MAX {
            self.events.push(Event { number, second, last_line: line_number });
        }
        true
    }

    /// Whether no event is open.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// Whether a record of this kind is usually one of several: those that the kernel writes on a system call.
fn is_of_several(kind: &str) -> bool {
    matches!(
        kind,
        "SYSCALL"
            | "PATH"
            | "IPC"
            | "SOCKETCALL"
            | "CONFIG_CHANGE"
            | "SOCKADDR"
            | "CWD"
            | "EXECVE"
            | "IPC_SET_PERM"
            | "MQ_OPEN"
            | "MQ_SENDRECV"
            | "MQ_NOTIFY"
            | "MQ_GETSETATTR"
            | "KERNEL_OTHER"
            | "FD_PAIR"
            | "OBJ_PID"
            | "BPRM_FCAPS"
            | "CAPSET"
            | "MMAP"
            | "NETFILTER_CFG"
            | "KERN_MODULE"
            | "FANOTIFY"
            | "TIME_INJOFFSET"
            | "TIME_ADJNTPVAL"
            | "BPF"
            | "URINGOP"
            | "OPENAT2"
            | "AVC"
            | "SELINUX_ERR"
            | "ANOM_PROMISCUOUS"
            | "ANOM_LINK"
            | "ANOM_CREAT"
            | "LOGIN"
            | "MAC_POLICY_LOAD"
            | "MAC_STATUS"
            | "MAC_CONFIG_CHANGE"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Framer, Framing};

    fn record(kind: &str, second: u64, number: u64) -> String {
        format!("type={kind} msg=audit(17952498{second:02}.123:{number}): x=1\n")
    }

    /// How many lines each stretch of a file has.
    #[track_caller]
    fn check(text: &str, expected: &[usize], waiting: usize) {
        let mut framer = Framer::new(Framing::Audit, false);
        framer.push(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(piece) = framer.next_piece() {
            seen.push(piece.bytes.split(|byte| *byte == b'\n').count());
        }
        let left = String::from_utf8_lossy(framer.finish().map_or(&[], |piece| piece.bytes)).lines().count();
        assert_eq!((seen.as_slice(), left), (expected, waiting), "{text}");
    }

    #[test]
    fn an_event_ends_with_its_title() {
        let event = |number| record("SYSCALL", 0, number) + &record("EXECVE", 0, number) + &record("PROCTITLE", 0, number);
        check(&(event(1) + &event(2) + &record("USER_LOGIN", 0, 3)), &[3, 3, 1], 0);
    }

    #[test]
    fn events_within_one_another() {
        let text = record("SYSCALL", 0, 1)
            + &record("SYSCALL", 0, 2)
            + &record("USER_CMD", 0, 3)
            + &record("PATH", 0, 1)
            + &record("PROCTITLE", 0, 2)
            + &record("PROCTITLE", 0, 1)
            + &record("SERVICE_STOP", 0, 4);
        check(&text, &[6, 1], 0);
    }

    #[test]
    fn an_event_without_end_is_not_waited_for() {
        check(&(record("AVC", 0, 1) + &record("USER_CMD", 1, 2) + &record("USER_CMD", 4, 3)), &[2, 1], 0);
        let many: String = (2..68).map(|number| record("USER_CMD", 0, number)).collect();
        check(&(record("AVC", 0, 1) + &many), &[65, 1, 1], 0);
    }

    #[test]
    fn what_is_no_record_stands_alone() {
        check("nothing\nof audit\n", &[1, 1], 0);
        check("type=SYSCALL msg=audit(x:y): a\n", &[1], 0);
    }
}
