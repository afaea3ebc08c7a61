//! Records of several lines: which line goes on with the one before.
//!
//! A line that is indented belongs to the line above it: stack traces of Java, .NET, Node and Ruby, statements in
//! PostgreSQL's log, JSON over several lines. Traces of Python, Go, Rust and PHP have lines that are not indented; those
//! are known by their words, and only while such a trace is under way. Nothing here knows a log format: a line that begins
//! like any other begins a record. Holds: at most [`LINES_MAX`] lines and [`BYTES_MAX`] bytes become one record.

/// Most lines of one record.
pub(crate) const LINES_MAX: usize = 1_000;

/// Most bytes of one record of several lines.
pub(crate) const BYTES_MAX: usize = 256 * 1024;

/// Lines without indent that go on with a trace, whatever wrote it.
const GO_ON: [&[u8]; 9] = [
    b"Caused by: ",
    b"Suppressed: ",
    b"Stack trace:",
    b"--- End of ",
    b"During handling of the above exception",
    b"The above exception was the direct cause",
    b"stack backtrace:",
    b"note: run with `RUST_BACKTRACE",
    b"Node.js v",
];

/// How a trace of Python begins.
const PYTHON: &[u8] = b"Traceback (most recent call last)";

/// A record under way.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    mode: Mode,
    lines: usize,
    bytes: usize,
    /// Whether the first line is indented itself: then indent says nothing.
    is_indented_from_start: bool,
    /// Whether the last line was indented.
    was_indented: bool,
}

/// What kind of trace it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// None so far.
    Plain,
    /// Nothing but an empty line.
    Blank,
    /// The name of an exception and its text.
    Thrown,
    /// Within the frames of Python.
    Python,
    /// Python has said what was raised.
    Raised,
    /// Python has said that another exception follows.
    Chained,
    Go,
    /// The next line is what Rust's thread panicked with.
    RustSays,
    Rust,
    Php,
    /// Node has pointed at a place in a line of source.
    Pointed,
}

impl Trace {
    /// A record that begins with this line.
    pub(crate) fn of(line: &[u8]) -> Self {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_indented = is_indented(line);
        Self { mode: head_mode(line), lines: 1, bytes: line.len(), is_indented_from_start: is_indented, was_indented: false }
    }

    /// Whether a line belongs to the record; if so, it is part of it from now on.
    pub(crate) fn takes(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.lines >= LINES_MAX || self.bytes + line.len() > BYTES_MAX || !self.goes_on(line) {
            return false;
        }
        self.was_indented = is_indented(line);
        self.lines += 1;
        self.bytes += line.len() + 1;
        true
    }

    /// Whether it has more than one line.
    pub(crate) const fn is_under_way(&self) -> bool {
        self.lines > 1 || !matches!(self.mode, Mode::Plain | Mode::Blank)
    }

    fn goes_on(&mut self, line: &[u8]) -> bool {
        if self.mode == Mode::Blank {
            return false;
        }
        let Some(first) = line.first() else {
            return self.was_indented || self.mode != Mode::Plain;
        };
        if matches!(first, b' ' | b'\t') {
            if self.is_indented_from_start || is_query(line) {
                return false;
            }
            if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'^' | b'~'))
                && line.contains(&b'^')
                && self.mode == Mode::Plain
            {
                self.mode = Mode::Pointed;
            }
            return true;
        }
        if line.starts_with(PYTHON) {
            let begins = matches!(self.mode, Mode::Plain if self.lines == 1) || self.mode == Mode::Chained;
            self.mode = if begins { Mode::Python } else { self.mode };
            return begins;
        }
        if GO_ON.iter().any(|start| line.starts_with(start)) {
            match self.mode {
                Mode::Raised => self.mode = Mode::Chained,
                _ if line.starts_with(b"Stack trace:") => self.mode = Mode::Php,
                _ => {}
            }
            return true;
        }
        if self.was_indented && matches!(first, b'}' | b']' | b')') {
            return line.iter().all(|byte| matches!(byte, b'}' | b']' | b')' | b',' | b';'));
        }
        self.goes_on_in_mode(line)
    }

    fn goes_on_in_mode(&mut self, line: &[u8]) -> bool {
        match self.mode {
            Mode::Plain if self.lines == 1 && is_thrown(line) => {
                self.mode = Mode::Thrown;
                true
            }
            Mode::Python if self.was_indented => {
                self.mode = Mode::Raised;
                true
            }
            Mode::Go => {
                [b"goroutine ".as_slice(), b"[signal ", b"created by ", b"exit status ", b"panic: ", b"runtime: "]
                    .iter()
                    .any(|start| line.starts_with(start))
                    || line.ends_with(b")") && line.contains(&b'(') && line.first().is_some_and(u8::is_ascii_lowercase)
            }
            Mode::RustSays => {
                self.mode = Mode::Rust;
                true
            }
            Mode::Php => line.first() == Some(&b'#') || line.starts_with(b"Next "),
            Mode::Pointed => {
                self.mode = Mode::Thrown;
                true
            }
            _ => false,
        }
    }
}

fn head_mode(line: &[u8]) -> Mode {
    if line.is_empty() {
        Mode::Blank
    } else if line.starts_with(PYTHON) {
        Mode::Python
    } else if [b"panic: ".as_slice(), b"fatal error: ", b"goroutine "].iter().any(|start| line.starts_with(start)) {
        Mode::Go
    } else if line.starts_with(b"thread '") && memchr::memmem::find(line, b" panicked at ").is_some() {
        if line.ends_with(b":") { Mode::RustSays } else { Mode::Rust }
    } else if is_thrown(line) {
        Mode::Thrown
    } else {
        Mode::Plain
    }
}

fn is_indented(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// A query in MySQL's general log of old: two tabs and the number of its connection stand for the time of the line above.
fn is_query(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"\t\t") else { return false };
    rest.iter().find(|byte| **byte != b' ').is_some_and(u8::is_ascii_digit)
}

/// `java.lang.IllegalStateException: text`: the qualified name of what was thrown.
fn is_thrown(line: &[u8]) -> bool {
    let end = line.iter().position(|byte| matches!(byte, b':' | b' ')).unwrap_or(line.len());
    let name = line.get(..end).unwrap_or_default();
    let is_named = [b"Exception".as_slice(), b"Error", b"Throwable"].iter().any(|end| name.ends_with(end));
    is_named
        && name.contains(&b'.')
        && name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many lines of a text become one record each.
    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let mut seen = Vec::new();
        let mut trace: Option<Trace> = None;
        for line in text.lines() {
            if trace.as_mut().is_some_and(|trace| trace.takes(line.as_bytes())) {
                *seen.last_mut().unwrap() += 1;
            } else {
                trace = Some(Trace::of(line.as_bytes()));
                seen.push(1);
            }
        }
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn java() {
        check(
            "2026-11-21 08:30:00 ERROR [main] c.e.App - failed\njava.lang.IllegalStateException: x\n\tat c.e.App.run(App.java:7)\n\
             Caused by: java.io.IOException: y\n\tat c.e.App.read(App.java:9)\n\t... 3 more\n2026-11-21 08:30:01 INFO [main] c.e.App - on\n",
            &[6, 1],
        );
        check(
            "Exception in thread \"main\" java.lang.Error: x\n\tat A.main(A.java:1)\njava.lang.Error: y\n\tat B.main(B.java:1)\n",
            &[2, 2],
        );
    }

    #[test]
    fn python() {
        let raised = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    f()\nKeyError: 'x'\n";
        check(&format!("ERROR:root:failed\n{raised}INFO:root:on\n"), &[5, 1]);
        check(
            &format!("{raised}\nDuring handling of the above exception, another exception occurred:\n\n{raised}{raised}"),
            &[11, 4],
        );
    }

    #[test]
    fn go_and_rust() {
        check(
            "starting\npanic: boom\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/x.go:4\nmain.main()\n\t/x.go:8 +0x39\nexit status 2\nstarting\n",
            &[1, 8, 1],
        );
        check(
            "thread 'main' panicked at src/main.rs:2:5:\nboom\nstack backtrace:\n   0: rust_begin_unwind\n             at /r.rs:1\nnote: run with `RUST_BACKTRACE=1`\nnext\n",
            &[6, 1],
        );
    }

    #[test]
    fn node_ruby_php_dotnet_and_postgres() {
        check(
            "/app/x.js:3\n    throw new Error('x');\n    ^\n\nError: x\n    at f (/app/x.js:3:11) {\n  code: 'E'\n}\n\nNode.js v22.1.0\nnext\n",
            &[10, 1],
        );
        check("a.rb:2:in `f': x (RuntimeError)\n\tfrom a.rb:5:in `<main>'\nnext\n", &[2, 1]);
        check(
            "PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 /a.php(5): f()\n#1 {main}\n  thrown in /a.php on line 3\n[21-Nov-2026 08:30:00 UTC] next\n",
            &[5, 1],
        );
        check(
            "Unhandled exception. System.InvalidOperationException: x\n ---> System.Exception: y\n   at P.Main()\n--- End of stack trace from previous location ---\n   at P.N()\nnext\n",
            &[5, 1],
        );
        check("2026-11-21 08:30:00 UTC [1] LOG:  statement: select 1\n\tfrom t\n2026-11-21 08:30:00 UTC [1] LOG:  x\n", &[2, 1]);
    }

    #[test]
    fn what_is_no_trace_stays_apart() {
        check("one\ntwo\n\nthree\n", &[1, 1, 1, 1]);
        check(" a\n b\n", &[1, 1]);
        check("131021 17:43:50\t    3 Connect\tx\n\t\t    3 Query\tselect 1\n", &[1, 1]);
        check("{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n", &[3, 3]);
        check("a\n (b\n}x\n", &[2, 1]);
    }

    #[test]
    fn a_record_is_bounded() {
        let text = "head\n".to_owned() + &" x\n".repeat(LINES_MAX + 10);
        let mut trace = Trace::of(b"head");
        let taken = text.lines().skip(1).take_while(|line| trace.takes(line.as_bytes())).count();
        assert_eq!(taken, LINES_MAX - 1);
        let mut trace = Trace::of(b"head");
        assert!(!trace.takes(&vec![b' '; BYTES_MAX]));
    }
}
