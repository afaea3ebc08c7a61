//! Events that benches fill a lake with.

use vigie_lake::Batch;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::time::Timestamp;

/// The time of the first event, in seconds.
pub(crate) const START: i64 = 1_795_000_000;

/// Numbers without a pattern that repeat from run to run.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 32;
    mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Ordinary lines of a busy host: three in four are processes, one is a sign-in.
fn event(number: u64) -> Event {
    let random = mixed(number);
    let time = Timestamp::from_micros(START * 1_000_000 + i64::try_from(number * 1000).unwrap());
    let host = format!("web-{:03}", random % 200);
    let user = format!("user{}", random / 200 % 1000);
    let pid = random % 60_000;
    let address = format!("10.{}.{}.{}", random % 4, random / 7 % 250, random / 1999 % 250);
    let sign_in = number.is_multiple_of(4);
    let (class, format) = if sign_in { (Class::Authentication, "sshd") } else { (Class::ProcessActivity, "auditd") };
    let raw = if sign_in {
        format!("<38>Nov 21 08:30:15 {host} sshd[{pid}]: Failed password for {user} from {address} port {} ssh2", random % 65_535)
    } else {
        format!(
            "type=EXECVE node={host} auid={user} pid={pid} comm=\"worker-{}\" a0=\"/usr/bin/worker\" a1=\"--job={random:016x}\" ses={}",
            random % 50,
            random % 9999
        )
    };
    let origin = Origin { source: "journald".into(), format: format.into(), host: host.as_str().into(), labels: Labels::none() };
    let mut event = Event::new(class, time, time.plus_micros(1200), origin, raw.into_bytes());
    event.activity = 1;
    if sign_in {
        event
            .set(field::USER_NAME, user)
            .set(field::SRC_ENDPOINT_IP, address)
            .set(field::SRC_ENDPOINT_PORT, i64::try_from(random % 65_535).unwrap())
            .set(field::SERVICE_NAME, "sshd")
            .set(field::STATUS_ID, 2);
    } else {
        event
            .set(field::ACTOR_USER_NAME, user)
            .set(field::PROCESS_NAME, format!("worker-{}", random % 50))
            .set(field::PROCESS_PID, i64::try_from(pid).unwrap())
            .set(field::PROCESS_CMD_LINE, format!("/usr/bin/worker --job={random:016x}"));
    }
    event
}

/// So many batches of so many events each.
pub(crate) fn batches(from: u64, count: u64, size: u64) -> Vec<Batch> {
    (0..count).map(|n| Batch { events: (0..size).map(|m| event(from + n * size + m)).collect(), checkpoint: None }).collect()
}
