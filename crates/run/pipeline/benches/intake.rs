//! The whole way of a record: received over TCP, parsed, as OCSF in the log on disk, sealed into files.
//!
//! `cargo bench -p vigie-pipeline --bench intake -- [syslog|json] [EVENTS]`. Four senders on loopback, as many cores as the
//! machine has for them and for us. Says how many records a second were acknowledged, what processor time each took, how
//! much memory we had at most, and how many bytes each takes on disk once it is sealed. Detection does not run.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a benchmark tells what it measures")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use vigie_collect::CollectConfig;
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_lake::Lake;
use vigie_pipeline::Pipeline;

/// The one that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SENDERS: usize = 4;

/// Numbers without a pattern that repeat from run to run.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 32;
    mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// What hosts say: sign-ins, commands, dropped packets, jobs, and programs that nobody knows.
fn syslog(number: u64) -> String {
    let random = mixed(number);
    let (host, pid, user) = (random % 200, random / 7 % 60_000, random / 11 % 1_000);
    let (a, b, port) = (random / 13 % 250, random / 17 % 250, 1_024 + random / 19 % 64_000);
    let (hour, minute, second) = (number / 3_600_000 % 24, number / 60_000 % 60, number / 1_000 % 60);
    let said = match random % 8 {
        0 => format!("sshd[{pid}]: Failed password for user{user} from 10.0.{a}.{b} port {port} ssh2"),
        1 => format!(
            "sshd[{pid}]: Accepted publickey for user{user} from 10.0.{a}.{b} port {port} ssh2: ED25519 SHA256:{random:016x}{random:016x}"
        ),
        2 => format!(
            "sudo[{pid}]:   user{user} : TTY=pts/{} ; PWD=/home/user{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart app-{}",
            a % 8,
            b % 40
        ),
        3 => format!(
            "kernel: [UFW BLOCK] IN=eth0 OUT= MAC=02:42:ac:11:00:02 SRC=10.0.{a}.{b} DST=10.1.0.{} LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID={pid} DF PROTO=TCP SPT={port} DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0",
            b % 200
        ),
        4 => format!("CRON[{pid}]: pam_unix(cron:session): session opened for user user{user}(uid={user}) by (uid=0)"),
        5 => format!("systemd[1]: Started app-{}.service - Worker {}.", b % 40, a),
        _ => format!("shop[{pid}]: request {random:016x} of user{user} answered with {} in {} ms", 200 + a % 5 * 100, b),
    };
    format!("<38>2026-11-21T{hour:02}:{minute:02}:{second:02}.{:06}Z web-{host:03} {said}\n", number % 1_000 * 1_000)
}

/// What a program writes that logs in JSON.
fn json(number: u64) -> String {
    let random = mixed(number);
    let (hour, minute, second) = (number / 3_600_000 % 24, number / 60_000 % 60, number / 1_000 % 60);
    format!(
        "{{\"time\":\"2026-11-21T{hour:02}:{minute:02}:{second:02}.{:03}Z\",\"level\":\"info\",\"service\":\"shop-{}\",\"host\":\"web-{:03}\",\
         \"message\":\"request answered\",\"request\":{{\"id\":\"{random:016x}\",\"method\":\"GET\",\"path\":\"/cart/{}\",\"status\":{}}},\
         \"user\":\"user{}\",\"remote\":\"10.0.{}.{}\",\"duration_ms\":{},\"retry\":false}}\n",
        number % 1_000,
        random % 20,
        random % 200,
        random / 3 % 5_000,
        200 + random / 5 % 4 * 100,
        random / 7 % 1_000,
        random / 11 % 250,
        random / 13 % 250,
        random / 17 % 900
    )
}

type Shape = fn(u64) -> String;

const SHAPES: [(&str, Shape); 2] = [("syslog", syslog), ("json", json)];

/// The senders, in a process of their own so that only ours is measured: made up first, sent when told to.
struct Senders(Child);

impl Senders {
    fn start(shape: &str, count: u64, address: SocketAddr) -> Self {
        let mut this = Command::new(std::env::current_exe().unwrap());
        let asked = ["send".to_owned(), shape.to_owned(), count.to_string(), address.to_string()];
        let mut child = this.args(asked).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        Self(child)
    }

    fn go(&mut self) {
        self.0.stdin.as_mut().unwrap().write_all(b".").unwrap();
    }
}

fn send(shape: Shape, count: u64, address: SocketAddr) {
    let part = |sender| (sender..count).step_by(SENDERS).flat_map(|n| shape(n).into_bytes()).collect();
    let said: Vec<Vec<u8>> = (0..SENDERS as u64).map(part).collect();
    std::io::stdout().write_all(b".").unwrap();
    std::io::stdout().flush().unwrap();
    std::io::stdin().read_exact(&mut [0]).unwrap();
    std::thread::scope(|scope| {
        for said in &said {
            scope.spawn(|| TcpStream::connect(address).unwrap().write_all(said).unwrap());
        }
    });
}

/// Processor time of this process, and the most memory it had, in bytes.
fn used() -> (Duration, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks: u64 =
        stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).map(|it| it.parse::<u64>().unwrap()).sum();
    (Duration::from_millis(ticks * 10), peak * 1024)
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|it| if it.path().is_dir() { size(&it.path()) } else { it.metadata().unwrap().len() }).sum()
}

async fn measure(name: &str, shape: Shape, count: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lake");
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    let clock = Arc::new(SystemClock);
    let lake = Lake::open(&path, db, clock.clone(), vigie_lake::Settings::default()).unwrap();
    let (sender, deliveries) = mpsc::channel(64);
    let (stop, stopped) = watch::channel(false);
    let pipeline = Pipeline { lake: lake.clone(), enricher: Arc::default(), arrived: Arc::default(), stop: stopped.clone() };
    let intake = tokio::spawn(vigie_pipeline::run(pipeline, deliveries));
    let config = CollectConfig { syslog: Some("127.0.0.1:0".parse().unwrap()), ..CollectConfig::nothing("here") };
    let sources = vigie_collect::spawn(config, Arc::new(|_| None), clock, sender, stopped).await.unwrap();
    let mut senders = Senders::start(name, count, sources.syslog_address().unwrap());
    let raw: u64 = (0..count.min(100_000)).map(|n| shape(n).len() as u64 - 1).sum::<u64>() / count.min(100_000);
    let (before, _) = used();
    senders.go();
    let start = Instant::now();
    let acknowledged = || sources.reports().iter().map(|report| report.acknowledged).sum::<u64>();
    while acknowledged() < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = start.elapsed();
    let reports = sources.reports();
    let unparsed: u64 = reports.iter().map(|report| report.unparsed).sum();
    senders.0.wait().unwrap();
    stop.send_replace(true);
    sources.finished().await;
    intake.await.unwrap();
    tokio::task::spawn_blocking(move || lake.seal().unwrap()).await.unwrap();
    let (after, peak) = used();
    let count = count as f64;
    println!("{count} records of {raw} bytes, {unparsed} not understood");
    println!("acknowledged: {:.0} a second", count / took.as_secs_f64());
    println!("processor, sealing included: {:.2} µs each", (after - before).as_secs_f64() * 1e6 / count);
    println!("memory at most: {} MB", peak >> 20);
    println!(
        "on disk, sealed: {:.1} bytes each, {:.1} times smaller",
        size(&path) as f64 / count,
        raw as f64 * count / size(&path) as f64
    );
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let [verb, name, count, address] = &asked[..]
        && verb == "send"
    {
        let (_, shape) = SHAPES.into_iter().find(|(known, _)| known == name).unwrap();
        return send(shape, count.parse().unwrap(), address.parse().unwrap());
    }
    let count = asked.iter().find_map(|argument| argument.parse().ok()).unwrap_or(2_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (name, shape) in SHAPES {
        if asked.iter().all(|argument| argument.parse::<u64>().is_ok() || argument == name) {
            println!("{name}:");
            runtime.block_on(measure(name, shape, count));
        }
    }
}
