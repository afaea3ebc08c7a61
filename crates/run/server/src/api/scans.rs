//! Scans that were made elsewhere: taken in, judged, recorded.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::rows::AssetRef;
use super::{Answer, blocking};
use crate::live::Change;
use crate::platform::Platform;
use crate::scans::{BYTES_MAX, Intake, IntakeError, Observation, Received, Refused, SENT_BYTES_MAX};
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use flate2::read::GzDecoder;
use serde::Serialize;
use serde_json::json;
use std::io::Read;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use vigie_access::audit::Entry;
use vigie_model::text;

/// Documents that are in memory at a time: each may unpack to many megabytes. Others wait.
static AT_A_TIME: Semaphore = Semaphore::const_new(2);

/// What became of a scan.
#[derive(Serialize, ToSchema)]
pub(super) struct ReceivedView {
    /// `vigie.received/1`.
    schema: &'static str,
    asset: AssetRef,
    /// Its page in the console, below the address of the platform.
    page: String,
    /// Whether packages were matched against vulnerability data.
    matched: bool,
    findings: CountsView,
}

/// What became of findings.
#[derive(Serialize, ToSchema)]
pub(super) struct CountsView {
    /// Seen for the first time.
    new: u64,
    /// Fixed before, and back.
    reopened: u64,
    /// Known, and something about them is new.
    changed: u64,
    /// Known as they are.
    unchanged: u64,
    /// No longer there; also those of an image to which no name leads any more.
    fixed: u64,
}

/// Takes in what a scan observed: `vigie.observation/1`, as it is or packed with gzip. The same scan twice changes nothing.
#[utoipa::path(post, path = "/scans", tag = "scans", request_body = Observation,
    responses((status = 200, body = ReceivedView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody)))]
pub(super) async fn receive(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<ReceivedView> {
    let packed = is_packed(request.headers())?;
    let (length, max) = (length(request.headers()), if packed { SENT_BYTES_MAX } else { BYTES_MAX });
    // Told before anything is read, so that whoever waits for leave to send hears it.
    if length.is_some_and(|length| length > max as u64) {
        return Err(ApiError::too_large(max));
    }
    let _turn = AT_A_TIME.acquire().await.map_err(|_| ApiError::broke_off())?;
    let body = to_bytes(request.into_body(), max).await.map_err(|_| ApiError::too_large(max))?;
    let who = caller.account.name;
    let received = blocking(move || {
        let json = if packed { unpacked(&body)? } else { body };
        let scan = Observation::parse(&json).map_err(|refused| not_taken(&refused))?;
        take(&platform, scan, who)
    });
    Ok(Json(view(received.await?)))
}

fn take(platform: &Platform, scan: Observation, who: String) -> Result<Received, ApiError> {
    let data = platform.advisories.current();
    let intake = Intake { ledger: &platform.ledger, clock: platform.clock.as_ref(), data: data.as_deref() };
    let received = intake.take(scan).map_err(|error| match error {
        IntakeError::Older { name } => older(&name),
        IntakeError::Ledger(error) => ApiError::of(error),
    })?;
    let recorded = &received.recorded;
    let detail = json!({ "name": received.asset.name, "new": recorded.new, "fixed": recorded.fixed + received.left_behind });
    let entry = Entry { who, what: "send_scan".into(), on: received.asset.id.to_string(), detail: detail.to_string() };
    platform.access.note(&entry)?;
    let changed = recorded.changed() + received.left_behind;
    if changed > 0 {
        platform.live.tell(Change::Findings { changed });
    }
    Ok(received)
}

fn view(received: Received) -> ReceivedView {
    let Received { asset, recorded, left_behind, matched } = received;
    ReceivedView {
        schema: "vigie.received/1",
        page: format!("/assets/{}", asset.id),
        asset: AssetRef { id: asset.id.to_string(), kind: asset.kind.word(), name: asset.name },
        matched,
        findings: CountsView {
            new: recorded.new,
            reopened: recorded.reopened,
            changed: recorded.changed,
            unchanged: recorded.seen.saturating_sub(recorded.reopened + recorded.changed),
            fixed: recorded.fixed + left_behind,
        },
    }
}

fn is_packed(headers: &HeaderMap) -> Result<bool, ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(axum::http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "encoding",
            text!(en "Only gzip is unpacked", fr "Seul gzip est décompressé", de "Nur gzip wird entpackt"),
        )),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn unpacked(body: &Bytes) -> Result<Bytes, ApiError> {
    let mut json = Vec::new();
    let broken = |error: std::io::Error| not_taken(&Refused(error.to_string()));
    GzDecoder::new(&body[..]).take(BYTES_MAX as u64 + 1).read_to_end(&mut json).map_err(broken)?;
    if json.len() > BYTES_MAX { Err(ApiError::too_large(BYTES_MAX)) } else { Ok(json.into()) }
}

fn not_taken(refused: &Refused) -> ApiError {
    let Refused(why) = refused;
    let said = text!(
        en "The scan cannot be taken in: {why}",
        fr "L’examen ne peut pas être repris : {why}",
        de "Die Untersuchung kann nicht übernommen werden: {why}",
    );
    ApiError::new(StatusCode::BAD_REQUEST, "observation", said).with_hint(text!(
        en "send it with the version of the program that the platform has",
        fr "envoyez-le avec la version du programme de la plateforme",
        de "senden Sie sie mit der Programmversion, die auch die Plattform hat",
    ))
}

fn older(name: &str) -> ApiError {
    let said = text!(
        en "A later scan of {name} is recorded already",
        fr "Un examen plus récent de {name} est déjà enregistré",
        de "Eine spätere Untersuchung von {name} ist bereits verzeichnet",
    );
    ApiError::new(StatusCode::CONFLICT, "older", said)
}
