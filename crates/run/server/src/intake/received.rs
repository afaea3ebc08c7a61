//! A request of a shipper: who sends it, its body, and the way into the lake.

use super::{Trouble, credentials};
use crate::platform::Platform;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use std::time::Duration;
use vigie_access::Client;
use vigie_access::permission::Permission;
use vigie_collect::Intake;
use vigie_collect::intake::body::{Packing, unpack};
use vigie_collect::intake::{From, REQUEST_BYTES_MAX, Refused, Room, Taking};

/// How long a body may take on its way.
const BODY_WAIT: Duration = Duration::from_secs(60);

/// A request whose sender is known and whose body is here.
pub(crate) struct Received {
    from: From,
    body: Bytes,
    packing: Packing,
    room: Room,
    intake: Intake,
}

impl Received {
    /// Receives a request: its token first, its body then.
    pub(crate) async fn of(platform: &Platform, protocol: &'static str, request: Request) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        let sender = admitted(platform, &parts)?;
        Self::from_sender(platform, protocol, sender, parts, body).await
    }

    /// Receives a request of a sender who is known already.
    pub(crate) async fn from_sender(
        platform: &Platform,
        protocol: &'static str,
        sender: String,
        parts: Parts,
        body: Body,
    ) -> Result<Self, Trouble> {
        let packing = packing(&parts.headers)?;
        let intake = platform.intake().ok_or(Refused::Closed)?;
        let mut room = intake.room();
        let read = read(body, length(&parts.headers), &mut room);
        let body = tokio::time::timeout(BODY_WAIT, read).await.map_err(|_| Trouble::Slow)??;
        let from = From { protocol, sender, peer: peer(&parts), keeps: true };
        Ok(Self { from, body, packing, room, intake })
    }

    /// How the body is packed, as a header says.
    pub(crate) const fn packing(&self) -> Packing {
        self.packing
    }

    /// The same with another packing than a header says.
    pub(crate) const fn packed(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// The same with what a protocol has around its body taken off.
    pub(crate) fn unwrapped(mut self, unwrap: impl FnOnce(&Bytes) -> Result<(Bytes, Packing), Trouble>) -> Result<Self, Trouble> {
        (self.body, self.packing) = unwrap(&self.body)?;
        Ok(self)
    }

    /// Unpacks the body and takes it apart; returns when its events are durable.
    pub(crate) async fn take<T: Send + 'static>(
        self,
        decode: impl FnOnce(&[u8], &mut Taking) -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        let Self { from, body, packing, mut room, intake, .. } = self;
        // What is packed may be much more work than it looks.
        let bytes = body.len() * if packing == Packing::None { 1 } else { 16 };
        let work = move |taking: &mut Taking| {
            let unpacked = unpack(packing, &body, REQUEST_BYTES_MAX)?;
            if packing != Packing::None {
                room.grow_now(unpacked.len())?;
            }
            // The room is given back when all is durable, with the answer.
            Ok::<_, Trouble>((decode(&unpacked, taking), room))
        };
        let (given, room) = intake.take(from, bytes, work).await??;
        drop(room);
        Ok(given)
    }
}

/// The name of the token that a request carries, if it may send events.
pub(crate) fn admitted(platform: &Platform, parts: &Parts) -> Result<String, Trouble> {
    let token = credentials::token(&parts.headers).ok_or(Trouble::NoToken)?;
    let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client { address: peer(parts), agent: agent.to_owned() };
    // One indexed row: cheaper than handing it to another thread.
    let found = tokio::task::block_in_place(|| platform.access.api_token(&token, &client)).map_err(Trouble::Token)?;
    found.permissions.contains(&Permission::SendEvents).then_some(found.name).ok_or(Trouble::NotAllowed)
}

async fn read(mut body: Body, length: Option<usize>, room: &mut Room) -> Result<Bytes, Trouble> {
    if length.is_some_and(|length| length > REQUEST_BYTES_MAX) {
        return Err(Refused::TooLarge.into());
    }
    let mut reserved = length.unwrap_or_default();
    room.grow(reserved).await?;
    let mut whole = Vec::with_capacity(reserved);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Trouble::Malformed(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        let needed = (whole.len() + data.len()).saturating_sub(reserved);
        if needed > 0 {
            room.grow(needed).await?;
            reserved += needed;
        }
        if reserved > REQUEST_BYTES_MAX {
            return Err(Refused::TooLarge.into());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.into())
}

fn packing(headers: &HeaderMap) -> Result<Packing, Trouble> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Packing::None) };
    value.to_str().ok().and_then(Packing::named).ok_or(Trouble::Packing)
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn peer(parts: &Parts) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip().to_canonical().to_string()).unwrap_or_default()
}
