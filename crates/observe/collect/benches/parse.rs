//! How fast lines become events, on one core.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use std::hint::black_box;
use std::path::Path;
use vigie_collect::dialect::Dialect;
use vigie_collect::frame::{Framer, Piece};
use vigie_collect::header::journal::Decoder;
use vigie_collect::mapping::{Mappings, split};
use vigie_collect::reader::Reader;
use vigie_model::time::Timestamp;

const RECEIVED: Timestamp = Timestamp::from_seconds(1_795_305_600);

fn lines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lines");
    for (name, dialect) in [
        ("sshd", Dialect::Syslog),
        ("sudo", Dialect::Syslog),
        ("pam", Dialect::Syslog),
        ("firewall", Dialect::Syslog),
        ("audit", Dialect::Audit),
        ("dpkg", Dialect::Dpkg),
        ("generic", Dialect::Syslog),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("samples/{name}.log"));
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# ")).collect();
        group.throughput(Throughput::Elements(lines.len() as u64));
        let mut reader = Reader::new("bench".into(), dialect, TimeZone::UTC, "here".into());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for line in &lines {
                    let piece = Piece { bytes: line.as_bytes(), continues: false, cut: false };
                    black_box(reader.record(piece, RECEIVED));
                }
            });
        });
    }
    group.finish();
}

/// JSON records, by the pages.
fn json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("json");
    let mappings = Mappings::shipped();
    for name in ["kubernetes-audit", "cloudtrail", "generic"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../content/parsers/json/samples/{name}.json"));
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut records = Vec::new();
        split(&text, &mappings, &mut |record| records.push(record));
        group.throughput(Throughput::Elements(records.len() as u64));
        let mut reader = Reader::new("bench".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for record in &records {
                    let piece = Piece { bytes: record.as_bytes(), continues: false, cut: false };
                    black_box(reader.record(piece, RECEIVED));
                }
            });
        });
    }
    group.finish();
}

/// With the framing, as from a file.
fn file(criterion: &mut Criterion) {
    let line = "Nov 21 08:30:00 web-1 sshd[842]: Failed password for invalid user guest from 192.0.2.7 port 50022 ssh2\n";
    let text = line.repeat(10_000);
    let mut group = criterion.benchmark_group("file");
    group.throughput(Throughput::Elements(10_000));
    let mut reader = Reader::new("bench".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
    group.bench_function("sshd", |bencher| {
        bencher.iter(|| {
            let mut framer = Framer::new(Dialect::Syslog.framing(), false);
            for chunk in text.as_bytes().chunks(64 * 1024) {
                framer.push(chunk);
                while let Some(piece) = framer.next_piece() {
                    black_box(reader.record(piece, RECEIVED));
                }
            }
        });
    });
    group.finish();
}

fn journal(criterion: &mut Criterion) {
    let entry = "__CURSOR=s=0;i=1\n__REALTIME_TIMESTAMP=1795249800000000\n__MONOTONIC_TIMESTAMP=4337411356\n_BOOT_ID=0\n\
                 _TRANSPORT=syslog\nPRIORITY=6\nSYSLOG_FACILITY=4\nSYSLOG_IDENTIFIER=sshd\nSYSLOG_PID=842\n_PID=842\n_UID=0\n_GID=0\n\
                 _COMM=sshd\n_EXE=/usr/sbin/sshd\n_CMDLINE=sshd: [accepted]\n_SYSTEMD_UNIT=ssh.service\n_HOSTNAME=web-1\n\
                 MESSAGE=Failed password for invalid user guest from 192.0.2.7 port 50022 ssh2\n\n";
    let stream = entry.repeat(1_000);
    let mut group = criterion.benchmark_group("journal");
    group.throughput(Throughput::Elements(1_000));
    let mut reader = Reader::new("bench".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
    group.bench_function("sshd", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::default();
            for chunk in stream.as_bytes().chunks(64 * 1024) {
                decoder.push(chunk);
                while let Some(entry) = decoder.next_entry() {
                    black_box(reader.entry(entry, RECEIVED));
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, lines, json, file, journal);
criterion_main!(benches);
