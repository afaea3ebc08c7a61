//! Fluent's forward protocol over TCP, as Fluentd, Fluent Bit and the log driver of Docker speak it.
//!
//! A chunk is acknowledged when its events are durable. Who knows the key may send; without one, whoever reaches the
//! address may.

use super::accept::accept;
use super::{Allowed, Stop};
use crate::intake::forward::{acknowledgement, check_ping, decode, hello, pong, whole};
use crate::intake::{From, Intake, REQUEST_BYTES_MAX, Refused, Room};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The source's name.
pub const NAME: &str = "fluent";

/// How much is read of a connection at once.
const READ: usize = 64 * 1024;

/// How long the handshake may take, and how long a connection waits for room.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest `PING`.
const PING_MAX: usize = 8 * 1024;

/// Who may send: who knows the key, where there is one, from the allowed networks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Senders {
    pub(crate) key: Option<Arc<str>>,
    pub(crate) allowed: Allowed,
}

/// Reads connections until told to stop. `host` is how we call ourselves.
pub(crate) async fn read(listener: TcpListener, senders: Senders, host: String, intake: Intake, stop: Stop) {
    let host: Arc<str> = host.into();
    let Senders { key, allowed } = senders;
    accept(listener, NAME, allowed, stop, move |stream, peer, stop| {
        let (key, host, intake) = (key.clone(), host.clone(), intake.clone());
        async move {
            if let Err(why) = hear(stream, peer, key.as_deref(), &host, &intake, stop).await {
                tracing::warn!(%peer, why, "a connection of the forward protocol is closed");
            }
        }
    })
    .await;
}

async fn hear(
    mut stream: TcpStream,
    peer: SocketAddr,
    key: Option<&str>,
    host: &str,
    intake: &Intake,
    mut stop: Stop,
) -> Result<(), &'static str> {
    if let Some(key) = key {
        let shaken = tokio::time::timeout(PATIENCE, shake_hands(&mut stream, key, host));
        tokio::select! {
            biased;
            () = stop.stopped() => return Ok(()),
            shaken = shaken => shaken.map_err(|_| "the handshake takes too long")??,
        }
    }
    let (mut waiting, mut buffer) = (Vec::new(), vec![0; READ]);
    let mut room = intake.room();
    loop {
        let read = tokio::select! {
            biased;
            () = stop.stopped() => return Ok(()),
            read = stream.read(&mut buffer) => read.map_err(|_| "it broke")?,
        };
        if read == 0 {
            return if waiting.is_empty() { Ok(()) } else { Err("it ended within a message") };
        }
        find_room(&mut room, read).await?;
        waiting.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let end = whole(&waiting).map_err(|_| "what it says makes no sense")?;
        if end == 0 {
            if waiting.len() > REQUEST_BYTES_MAX {
                return Err("a message is too large");
            }
            continue;
        }
        let rest = waiting.split_off(end);
        let messages = std::mem::replace(&mut waiting, rest);
        let from = From { protocol: NAME, sender: String::new(), peer: peer.ip().to_canonical().to_string(), keeps: false };
        let taken = intake.take(from, messages.len(), move |taking| decode(&messages, &mut |record| taking.put(record)));
        let chunks = taken.await.map_err(|refused| match refused {
            Refused::TooMany => "a message has too many records",
            _ => "its events could not be taken in",
        })?;
        room = intake.room();
        find_room(&mut room, waiting.len()).await?;
        for chunk in chunks {
            stream.write_all(&acknowledgement(&chunk)).await.map_err(|_| "it broke")?;
        }
    }
}

/// Waits for room; whoever waits too long is sent away, so that others do not wait for what it holds.
async fn find_room(room: &mut Room, bytes: usize) -> Result<(), &'static str> {
    let mut tries = PATIENCE.as_secs();
    loop {
        match room.grow(bytes).await {
            Ok(()) => return Ok(()),
            Err(Refused::Busy) if tries > 0 => tries -= 1,
            Err(Refused::TooLarge) => return Err("a message is too large"),
            Err(_) => return Err("there is no room for it"),
        }
    }
}

async fn shake_hands(stream: &mut TcpStream, key: &str, host: &str) -> Result<(), &'static str> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| "the system gives no random numbers")?;
    stream.write_all(&hello(&nonce)).await.map_err(|_| "it broke")?;
    let (mut ping, mut buffer) = (Vec::new(), [0; 1024]);
    while whole(&ping).map_err(|_| "what it says makes no sense")? == 0 {
        let read = stream.read(&mut buffer).await.map_err(|_| "it broke")?;
        if read == 0 || ping.len() > PING_MAX {
            return Err("it ended within the handshake");
        }
        ping.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    let salt = check_ping(&ping, &nonce, key.as_bytes());
    stream.write_all(&pong(salt, host, &nonce, key.as_bytes())).await.map_err(|_| "it broke")?;
    salt.map(|_| ()).ok_or("it does not know the key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing::House;
    use sha2::{Digest, Sha512};
    use tokio::sync::watch;

    /// `["app.web", 1795249800, {"log": "it broke"}, {"chunk": "c-1"}]`
    const MESSAGE: &[u8] = b"\x94\xa7app.web\xce\x6b\x01\x56\x88\x81\xa3log\xa8it broke\x81\xa5chunk\xa3c-1";

    async fn listening(key: Option<&str>) -> (House, SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let house = House::new();
        let (stop, stopped) = watch::channel(false);
        let senders = Senders { key: key.map(Arc::from), ..Senders::default() };
        let reading = read(listener, senders, "here".into(), house.intake.clone(), Stop::new(stopped));
        (house, address, stop, tokio::spawn(reading))
    }

    #[tokio::test]
    async fn a_chunk_is_acknowledged_when_it_is_durable() {
        let (mut house, address, stop, task) = listening(None).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let (first, second) = MESSAGE.split_at(20);
        stream.write_all(first).await.unwrap();
        stream.write_all(second).await.unwrap();
        let event = house.events(1).await.remove(0);
        assert_eq!((&*event.origin.source, event.time.to_string()), (NAME, "2026-11-21T08:30:00Z".into()));
        assert_eq!(event.raw, br#"{"log":"it broke"}"#);
        let mut answer = [0; 9];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"\x81\xa3ack\xa3c-1");
        stream.write_all(b"\xc1").await.unwrap();
        assert_eq!(stream.read(&mut answer).await.unwrap(), 0, "what makes no sense is hung up on");
        stop.send_replace(true);
        task.await.unwrap();
    }

    #[tokio::test]
    async fn who_does_not_know_the_key_says_nothing() {
        let (mut house, address, stop, task) = listening(Some("secret")).await;
        for (key, is_right) in [("wrong", false), ("secret", true)] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut hello = [0; 48];
            stream.read_exact(&mut hello).await.unwrap();
            let nonce = &hello[15..31];
            let digest = Sha512::new().chain_update(b"saltclient").chain_update(nonce).chain_update(key).finalize();
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let ping = [b"\x96\xa4PING\xa6client\xa4salt\xd9\x80", digest.as_bytes(), b"\xa0\xa0"].concat();
            stream.write_all(&ping).await.unwrap();
            let mut pong = [0; 7];
            stream.read_exact(&mut pong).await.unwrap();
            assert_eq!(&pong, if is_right { b"\x95\xa4PONG\xc3" } else { b"\x95\xa4PONG\xc2" });
            if is_right {
                stream.write_all(MESSAGE).await.unwrap();
                assert_eq!(house.events(1).await.len(), 1);
            }
        }
        stop.send_replace(true);
        task.await.unwrap();
    }
}
