//! What engines of containers put around each line that a container prints.
//!
//! Docker's `json-file` writes `{"log":"text\n","stream":"stdout","time":"…"}`; containerd, CRI-O and Podman's `k8s-file`
//! write `TIME stdout F text`. A long line comes in parts: without `\n` at its end there, with `P` instead of `F` here.
//! [`Streams`] says which frames belong together: the parts of a line, and the lines of a trace, for each stream by
//! itself. Which of the two a frame is it says itself: a link may lead from one engine's folder into another's.

use super::trace::Trace;
use serde::Deserialize;
use std::borrow::Cow;

/// Frames of the other stream after which a trace is taken for complete.
const OTHERS_MAX: usize = 8;

/// Most bytes of a line that was put together of its parts.
pub(crate) const WHOLE_MAX: usize = super::JSON_LINE_MAX;

/// A line of a container, or a part of one, as its engine wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// When it was printed, in the engine's words.
    pub(crate) time: &'a str,
    /// Where it was printed to.
    pub(crate) stream: Stream,
    /// Whether the line goes on in the next frame of the stream.
    pub(crate) is_part: bool,
    /// What was printed, without line end.
    pub(crate) text: Cow<'a, [u8]>,
}

/// Where a container prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// How a frame goes on with what its stream said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// It begins a record.
    New,
    /// It is the next part of the last line.
    SameLine,
    /// It is one line more of the record.
    NextLine,
}

/// What both streams of a container are saying.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams {
    both: [Option<Saying>; 2],
}

/// What one stream is saying.
#[derive(Clone, Debug)]
struct Saying {
    trace: Trace,
    is_part: bool,
    bytes: usize,
    /// Frames of the other stream since its last.
    others: usize,
}

impl Stream {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Out => "stdout",
            Self::Err => "stderr",
        }
    }
}

/// The members of a frame of Docker in any order.
#[derive(Deserialize)]
struct Members<'a> {
    log: String,
    #[serde(default, borrow)]
    stream: Cow<'a, str>,
    #[serde(default, borrow)]
    time: &'a str,
}

/// Reads a frame; none when the line is no frame.
pub(crate) fn read(line: &[u8]) -> Option<Frame<'_>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.first() == Some(&b'{') { docker(line) } else { plain(line) }
}

/// `2026-11-21T08:30:00.123456789Z stdout F text`
fn plain(line: &[u8]) -> Option<Frame<'_>> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let time = parts.next().filter(|time| time.first().is_some_and(u8::is_ascii_digit) && time.contains(&b'T'))?;
    let stream = match parts.next()? {
        b"stdout" => Stream::Out,
        b"stderr" => Stream::Err,
        _ => return None,
    };
    // Tags may follow behind a colon.
    let tag = parts.next()?;
    if !matches!(tag.first(), Some(b'P' | b'F')) || !matches!(tag.get(1), None | Some(b':')) {
        return None;
    }
    let text = parts.next().unwrap_or_default();
    Some(Frame { time: str::from_utf8(time).ok()?, stream, is_part: tag.first() == Some(&b'P'), text: Cow::Borrowed(text) })
}

fn docker(line: &[u8]) -> Option<Frame<'_>> {
    let line = str::from_utf8(line).ok()?;
    let Some(rest) = line.strip_prefix(r#"{"log":""#) else {
        let members: Members<'_> = serde_json::from_str(line).ok()?;
        let is_part = !members.log.ends_with('\n');
        return Some(Frame {
            time: members.time,
            stream: stream(&members.stream),
            is_part,
            text: Cow::Owned(members.log.trim_end_matches(['\n', '\r']).to_owned().into_bytes()),
        });
    };
    let end = string_end(rest.as_bytes())?;
    let (text, rest) = rest.split_at_checked(end)?;
    let whole = text.strip_suffix(r"\n");
    let is_part = whole.is_none();
    let text = whole.map_or(text, |text| text.strip_suffix(r"\r").unwrap_or(text));
    let member = |name: &str| rest.split_once(name)?.1.split_once('"').map(|(value, _)| value);
    let text = match memchr::memchr(b'\\', text.as_bytes()) {
        None => Cow::Borrowed(text.as_bytes()),
        // The quotes are those of the record: what stands between them is a string of JSON.
        Some(_) => Cow::Owned(serde_json::from_str::<String>(&format!("\"{text}\"")).ok()?.into_bytes()),
    };
    Some(Frame { time: member(r#""time":""#)?, stream: stream(member(r#""stream":""#)?), is_part, text })
}

fn stream(name: &str) -> Stream {
    if name == "stderr" { Stream::Err } else { Stream::Out }
}

/// Where the string ends whose content begins here.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

impl Streams {
    /// How a frame goes on; it has been said from now on.
    pub(crate) fn joint(&mut self, frame: &Frame<'_>) -> Joint {
        let [out, err] = &mut self.both;
        let (own, other) = match frame.stream {
            Stream::Out => (out, err),
            Stream::Err => (err, out),
        };
        if let Some(other) = other {
            other.others += 1;
        }
        let length = frame.text.len();
        let joint = match own {
            Some(saying) if saying.is_part && saying.bytes + length <= WHOLE_MAX => Joint::SameLine,
            Some(saying) if saying.is_part => Joint::New,
            Some(saying) => match saying.trace.takes(&frame.text) {
                true => Joint::NextLine,
                false => Joint::New,
            },
            None => Joint::New,
        };
        match own {
            Some(saying) if joint != Joint::New => {
                saying.bytes += length;
                (saying.is_part, saying.others) = (frame.is_part, 0);
            }
            own => *own = Some(Saying { trace: Trace::of(&frame.text), is_part: frame.is_part, bytes: length, others: 0 }),
        }
        joint
    }

    /// Whether the other stream is in the middle of something: then this one's next record does not end a stretch.
    pub(crate) fn is_other_under_way(&self, stream: Stream) -> bool {
        let [out, err] = &self.both;
        let other = match stream {
            Stream::Out => err,
            Stream::Err => out,
        };
        other.as_ref().is_some_and(|saying| saying.is_part || saying.trace.is_under_way() && saying.others < OTHERS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<(String, &'static str, bool, String)> {
        let frame = read(line.as_bytes())?;
        Some((frame.time.to_owned(), frame.stream.name(), frame.is_part, String::from_utf8_lossy(&frame.text).into_owned()))
    }

    #[track_caller]
    fn check(line: &str, expected: Option<(&str, bool, &str)>) {
        let expected =
            expected.map(|(stream, is_part, text)| ("2026-11-21T08:30:00.1Z".to_owned(), stream, is_part, text.to_owned()));
        assert_eq!(said(line), expected, "{line}");
    }

    #[test]
    fn frames_of_docker() {
        check(r#"{"log":"a \"b\"\n","stream":"stderr","time":"2026-11-21T08:30:00.1Z"}"#, Some(("stderr", false, "a \"b\"")));
        check(r#"{"log":"a","stream":"stdout","attrs":{"x":"y"},"time":"2026-11-21T08:30:00.1Z"}"#, Some(("stdout", true, "a")));
        check(
            r#"{"log":"\u001b[31m\\n\r\n","stream":"stdout","time":"2026-11-21T08:30:00.1Z"}"#,
            Some(("stdout", false, "\u{1b}[31m\\n")),
        );
        check(r#"{"stream":"stdout","time":"2026-11-21T08:30:00.1Z","log":"x\n"}"#, Some(("stdout", false, "x")));
        for line in ["{}", r#"{"log":"a"#, r#"{"log":"a\"#, r#"{"log":"a\q","stream":"x","time":"y"}"#, r#"{"log":"a"}"#] {
            assert_eq!(said(line), None, "{line}");
        }
    }

    #[test]
    fn frames_of_the_others() {
        check("2026-11-21T08:30:00.1Z stdout F a b", Some(("stdout", false, "a b")));
        check("2026-11-21T08:30:00.1Z stderr P  a", Some(("stderr", true, " a")));
        check("2026-11-21T08:30:00.1Z stderr P:x a", Some(("stderr", true, "a")));
        check("2026-11-21T08:30:00.1Z stdout F", Some(("stdout", false, "")));
        for line in ["", "a", "2026-11-21T08:30:00.1Z stdin F a", "2026-11-21T08:30:00.1Z stdout X a", "now stdout F a"] {
            assert_eq!(said(line), None, "{line}");
        }
    }

    #[test]
    fn each_stream_by_itself() {
        let mut streams = Streams::default();
        let mut joints = Vec::new();
        for line in ["stderr P be", "stdout F one", "stderr F gin", "stderr F  at x", "stdout F two", "stderr F end"] {
            let line = format!("2026-11-21T08:30:00Z {line}");
            joints.push(streams.joint(&read(line.as_bytes()).unwrap()));
        }
        assert_eq!(joints, [Joint::New, Joint::New, Joint::SameLine, Joint::NextLine, Joint::New, Joint::New]);
    }
}
