//! The events of what containers print: the frames of their engine taken off, lines put together.

use super::Reader;
use crate::container::Container;
use crate::frame::container::{self, Frame, Joint, Stream, Streams};
use crate::header::settle;
use crate::intake::{Record, time};
use std::borrow::Cow;
use std::sync::Arc;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// A record that is being put together of frames.
struct Printed<'a> {
    raw: Cow<'a, [u8]>,
    text: Cow<'a, [u8]>,
    time: &'a str,
    stream: Stream,
}

impl<'a> Printed<'a> {
    fn of(frame: Frame<'a>, line: &'a [u8]) -> Self {
        Self { raw: Cow::Borrowed(line), text: frame.text, time: frame.time, stream: frame.stream }
    }

    fn add(&mut self, frame: &Frame<'_>, line: &[u8], joint: Joint) {
        let raw = self.raw.to_mut();
        raw.push(b'\n');
        raw.extend_from_slice(line);
        let text = self.text.to_mut();
        if joint == Joint::NextLine {
            text.push(b'\n');
        }
        text.extend_from_slice(&frame.text);
    }
}

impl Reader {
    /// The same for what a container prints.
    #[must_use]
    pub fn of_container(mut self, container: Container) -> Self {
        // Whose it is was said already.
        let labels = self.labels.with(container.labels.iter());
        self = self.labelled(labels);
        self.container = Some(Arc::new(container));
        self
    }

    /// The events of a stretch of frames.
    pub(super) fn printed(&mut self, stretch: &[u8], received: Timestamp, each: &mut dyn FnMut(Event)) {
        let mut streams = Streams::default();
        let mut open: [Option<Printed<'_>>; 2] = [None, None];
        for line in stretch.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Some(frame) = container::read(line) else {
                self.taken(&Record::of(line), received, &mut |event| each(event));
                continue;
            };
            let joint = streams.joint(&frame);
            let [out, err] = &mut open;
            let slot = if frame.stream == Stream::Out { out } else { err };
            match slot {
                Some(printed) if joint != Joint::New => printed.add(&frame, line, joint),
                slot => {
                    if let Some(done) = slot.replace(Printed::of(frame, line)) {
                        self.give_printed(&done, received, each);
                    }
                }
            }
        }
        for printed in open.into_iter().flatten() {
            self.give_printed(&printed, received, each);
        }
    }

    fn give_printed(&mut self, printed: &Printed<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        let said = time(printed.time);
        let container = self.container.clone();
        let mut record = Record {
            raw: Cow::Borrowed(&*printed.raw),
            text: Some(String::from_utf8_lossy(&printed.text)),
            time: said,
            ..Record::default()
        };
        record.more.push((Cow::Borrowed("stream"), Cow::Borrowed(printed.stream.name())));
        if let Some(pod) = container.as_deref().map(|container| &*container.pod).filter(|pod| !pod.is_empty()) {
            record.more.push((Cow::Borrowed("k8s.pod.name"), Cow::Borrowed(pod)));
        }
        self.taken(&record, received, &mut |mut event| {
            // The engine knows to the nanosecond and in UTC when it was printed; a program may leave out its zone.
            if said.is_some() {
                event.time = settle(said, received).0;
            }
            if let Some(container) = &container {
                container.put(&mut event);
            }
            each(event);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::frame::Piece;
    use jiff::tz::TimeZone;
    use vigie_model::event::ocsf::field;
    use vigie_model::event::{Label, Labels};

    fn events(stretch: &str) -> Vec<Event> {
        let container = Container {
            name: "nginx".into(),
            pod: "web-0".into(),
            labels: Labels::from_iter([(Label::Namespace, "shop")]),
            ..Container::default()
        };
        let mut reader = Reader::new("s".into(), Dialect::Container, TimeZone::UTC, "node-1".into()).of_container(container);
        let mut events = Vec::new();
        let piece = Piece { bytes: stretch.as_bytes(), continues: false, cut: false };
        reader.records(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap(), &mut |event| events.push(event));
        events
    }

    #[test]
    fn a_line_of_nginx_in_a_pod_is_http_activity() {
        let line =
            r#"2026-11-21T08:30:00.5Z stdout F 192.0.2.7 - - [21/Nov/2026:08:30:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#;
        let events = events(line);
        assert_eq!((events.len(), &*events[0].origin.format, events[0].class.name()), (1, "web-access", "http_activity"));
        assert_eq!((&*events[0].origin.host, events[0].origin.labels.get(Label::Namespace)), ("node-1", Some("shop")));
        assert_eq!(events[0].text(field::ACTOR_PROCESS_CONTAINER_NAME), Some("nginx"));
        assert_eq!(events[0].time.to_string(), "2026-11-21T08:30:00.5Z");
        assert!(events[0].unmapped.contains("stream", "stdout"));
        assert!(events[0].unmapped.contains("k8s.pod.name", "web-0"));
        assert_eq!(events[0].raw, line.as_bytes());
        assert_eq!(events[0].unknown_fields(), Vec::<&str>::new());
    }

    #[test]
    fn parts_and_traces_are_put_together_by_stream() {
        let lines = [
            r#"{"log":"java.lang.Error: x\n","stream":"stderr","time":"2026-11-21T08:30:00Z"}"#,
            r#"{"log":"one half, ","stream":"stdout","time":"2026-11-21T08:30:01Z"}"#,
            r#"{"log":"\tat A.main(A.java:1)\n","stream":"stderr","time":"2026-11-21T08:30:02Z"}"#,
            r#"{"log":"the other\n","stream":"stdout","time":"2026-11-21T08:30:03Z"}"#,
            "no frame",
        ];
        let events = events(&lines.join("\n"));
        let said: Vec<&str> = events.iter().map(|event| event.text(field::MESSAGE).unwrap()).collect();
        assert_eq!(said, ["no frame", "one half, the other", "java.lang.Error: x\n\tat A.main(A.java:1)"]);
        assert_eq!(events[2].raw, format!("{}\n{}", lines[0], lines[2]).into_bytes());
        assert_eq!(events[2].time.to_string(), "2026-11-21T08:30:00Z");
    }

    #[test]
    fn json_within_json_is_read_by_its_page() {
        let inner = r#"{\"level\":\"error\",\"msg\":\"it broke\",\"who\":\"eva\"}\n"#;
        let events = events(&format!(r#"{{"log":"{inner}","stream":"stdout","time":"2026-11-21T08:30:00Z"}}"#));
        assert!(events[0].unmapped.contains("who", "eva"), "{:?}", events[0].unmapped);
    }
}
