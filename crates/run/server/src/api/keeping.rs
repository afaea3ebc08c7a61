//! What is kept: holds, erasures, and whether stored events are still what they were.

use super::error::{ApiError, ErrorBody};
use super::events::parsed;
use super::findings::unknown_word;
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_access::audit::Entry;
use vigie_lake::{Erasure, ErasureProof, Held, NewHold, Verified, VerifyFault, Window, link_of, link_text};
use vigie_model::event::Class;
use vigie_model::time::Timestamp;

/// Faults that one answer names.
const FAULTS_MAX: usize = 100;

/// A hold to be placed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldRequest {
    /// What to call it; no other hold in force has this name.
    name: String,
    /// The events that it covers, as in a search; all of them when nothing is said.
    #[serde(default)]
    q: String,
    /// Only events of this OCSF class, such as `authentication`.
    class: Option<String>,
    /// Only events from this time on.
    #[schema(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[schema(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Why they must stay.
    reason: String,
    /// When it ends by itself; never when nothing is said.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
}

/// A hold and what stays because of it.
#[derive(Serialize, ToSchema)]
pub(super) struct HoldRow {
    /// Its number in the chain.
    number: i64,
    name: String,
    q: String,
    class: Option<&'static str>,
    from: Option<String>,
    to: Option<String>,
    reason: String,
    who: String,
    placed_at: String,
    until: Option<String>,
    /// `in_force`, `ended` or `released`.
    state: &'static str,
    released_by: Option<String>,
    released_at: Option<String>,
    released_because: Option<String>,
    /// Files with something that it covers.
    files: u64,
    /// Events in those files.
    events: u64,
    bytes: u64,
    /// How many of those files would be gone by now without a hold.
    overdue: u64,
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonRequest {
    reason: String,
}

/// Events to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasureRequest {
    /// The events, as in a search.
    q: String,
    /// Only events from this time on.
    #[schema(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[schema(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Why: the number of the request, say.
    reason: String,
    /// Whether the proof keeps the query, which names the subject.
    #[serde(default)]
    keep_query: bool,
    /// Whether events under a hold are left out instead of refusing all.
    #[serde(default)]
    spare_held: bool,
    /// Only tell what would be erased.
    #[serde(default)]
    preview: bool,
}

/// What was erased, or would be.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureAnswer {
    /// The number of the proof in the chain.
    proof: Option<i64>,
    events: u64,
    /// Files written anew or dropped.
    files: u64,
    /// Events that match and are under a hold.
    held: u64,
    /// Events up to this number were looked at.
    through: Option<u64>,
    /// Old files that a search still reads: they go when it ends.
    still_read: u64,
    /// Stretches of damaged log that lie aside, of which nobody can say what is in them.
    set_aside: u64,
    /// Opens the proof's commitment to the query; shown this once, stored nowhere.
    secret: Option<String>,
}

/// The proof of an erasure.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureRow {
    number: i64,
    at: String,
    who: String,
    reason: String,
    q: Option<String>,
    /// SHA-256 of secret, colon and query, in hexadecimal digits.
    commitment: Option<String>,
    events: u64,
    held: u64,
    /// SHA-256 of the files that went.
    before: Vec<String>,
    /// SHA-256 of the files that came in their place.
    after: Vec<String>,
}

/// What to verify.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyQuery {
    /// A head that was kept from before: the chain must still have it.
    expect: Option<String>,
    /// Whether the files are read, too; yes when nothing is said.
    files: Option<bool>,
}

/// Whether stored events are what they were.
#[derive(Serialize, ToSchema)]
pub(super) struct EventsVerdict {
    whole: bool,
    /// Files that are what they were.
    files: u64,
    /// Bytes that were read.
    bytes: u64,
    /// Links of the chain.
    links: i64,
    /// The newest link; kept elsewhere, it shows later whether the chain was made anew or cut.
    head: String,
    /// The number of the link that was expected.
    expected_at: Option<i64>,
    /// How many faults there are.
    faults_total: usize,
    /// The first of them: the chain by its order, then the files.
    faults: Vec<FaultRow>,
}

/// Something that is not as it was.
#[derive(Serialize, ToSchema)]
pub(super) struct FaultRow {
    /// `missing`, `changed`, `unreadable` (a file), `link`, `act` (the catalogue), `unexpected` (the head).
    kind: &'static str,
    /// The file, below the lake's directory.
    path: Option<String>,
    /// The link.
    number: Option<i64>,
}

/// All holds that ever were, the newest first.
#[utoipa::path(get, path = "/lake/holds", tag = "lake", responses((status = 200, body = Vec<HoldRow>)))]
pub(super) async fn holds(State(platform): State<Arc<Platform>>) -> Answer<Vec<HoldRow>> {
    let held = blocking(move || platform.lake.holds().map_err(ApiError::of)).await?;
    Ok(Json(held.into_iter().map(hold_row).collect()))
}

/// Places a hold: what it covers is neither dropped nor erased until it is released.
#[utoipa::path(post, path = "/lake/holds", tag = "lake", request_body = HoldRequest,
    responses((status = 200, body = HoldRow), (status = 400, body = ErrorBody)))]
pub(super) async fn hold(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<HoldRequest>,
) -> Answer<HoldRow> {
    let class = body.class.as_deref().map(|word| Class::from_name(word).ok_or_else(|| unknown_word("class", word)));
    let new = NewHold {
        query: parsed(&body.q)?,
        class: class.transpose()?,
        window: window(body.from, body.to),
        name: body.name,
        reason: body.reason,
        who: caller.account.name,
        until: body.until,
    };
    let placed = blocking(move || {
        let number = platform.lake.hold(&new).map_err(ApiError::of)?;
        let detail = json!({ "number": number, "q": new.query.text(), "reason": new.reason });
        note(&platform, &new.who, "hold_events", &new.name, &detail)?;
        let holds = platform.lake.holds().map_err(ApiError::of)?;
        holds.into_iter().find(|held| held.hold.number == number).ok_or_else(ApiError::not_found)
    });
    Ok(Json(hold_row(placed.await?)))
}

/// Releases a hold: the next retention drops what it kept.
#[utoipa::path(post, path = "/lake/holds/{name}/release", tag = "lake", params(("name" = String, Path)),
    request_body = ReasonRequest, responses((status = 204), (status = 400, body = ErrorBody)))]
pub(super) async fn release(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Json(body): Json<ReasonRequest>,
) -> Result<axum::http::StatusCode, ApiError> {
    blocking(move || {
        platform.lake.release(&name, &caller.account.name, &body.reason).map_err(ApiError::of)?;
        note(&platform, &caller.account.name, "release_events", &name, &json!({ "reason": body.reason }))
    })
    .await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// The proofs of all erasures, the newest first.
#[utoipa::path(get, path = "/lake/erasures", tag = "lake", responses((status = 200, body = Vec<ErasureRow>)))]
pub(super) async fn erasures(State(platform): State<Arc<Platform>>) -> Answer<Vec<ErasureRow>> {
    let proofs = blocking(move || platform.lake.erasures().map_err(ApiError::of)).await?;
    Ok(Json(proofs.into_iter().map(erasure_row).collect()))
}

/// Erases events for good, or tells what would be erased.
#[utoipa::path(post, path = "/lake/erasures", tag = "lake", request_body = ErasureRequest,
    responses((status = 200, body = ErasureAnswer), (status = 400, body = ErrorBody)))]
pub(super) async fn erase(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<ErasureRequest>,
) -> Answer<ErasureAnswer> {
    let erasure = Erasure {
        query: parsed(&body.q)?,
        window: window(body.from, body.to),
        who: caller.account.name,
        reason: body.reason,
        keep_query: body.keep_query,
        spare_held: body.spare_held,
    };
    let preview = body.preview;
    blocking(move || if preview { previewed(&platform, &erasure) } else { erased(&platform, &erasure) }).await.map(Json)
}

/// Walks the chain of stored events and, unless told otherwise, reads every file.
#[utoipa::path(get, path = "/audit/verify/events", tag = "audit", params(VerifyQuery),
    responses((status = 200, body = EventsVerdict), (status = 400, body = ErrorBody)))]
pub(super) async fn verify(State(platform): State<Arc<Platform>>, Query(asked): Query<VerifyQuery>) -> Answer<EventsVerdict> {
    let link = asked.expect.as_deref().map(|text| link_of(text).ok_or_else(|| unknown_word("expect", text)));
    let expect = link.transpose()?;
    let verified = blocking(move || {
        let lake = &platform.lake;
        let verified =
            if asked.files == Some(false) { lake.verify_links(expect) } else { lake.verify_with(expect, &mut |_| true) };
        verified.map_err(ApiError::of)
    });
    Ok(Json(verdict(verified.await?)))
}

fn previewed(platform: &Platform, erasure: &Erasure) -> Result<ErasureAnswer, ApiError> {
    let preview = platform.lake.erasure_preview(erasure).map_err(ApiError::of)?;
    Ok(ErasureAnswer {
        proof: None,
        events: preview.events,
        files: 0,
        held: preview.held,
        through: None,
        still_read: 0,
        set_aside: 0,
        secret: None,
    })
}

fn erased(platform: &Platform, erasure: &Erasure) -> Result<ErasureAnswer, ApiError> {
    let erased = platform.lake.erase(erasure).map_err(ApiError::of)?;
    // The query is not told here: it names the subject.
    let detail = json!({ "events": erased.events, "held": erased.held, "reason": erasure.reason });
    let proof = erased.proof.map_or_else(String::new, |number| number.to_string());
    note(platform, &erasure.who, "erase_events", &proof, &detail)?;
    Ok(ErasureAnswer {
        proof: erased.proof,
        events: erased.events,
        files: erased.files,
        held: erased.held,
        through: Some(erased.through.0),
        still_read: erased.still_read,
        set_aside: erased.set_aside,
        secret: erased.secret,
    })
}

fn note(platform: &Platform, who: &str, what: &str, on: &str, detail: &serde_json::Value) -> Result<(), ApiError> {
    let entry = Entry { who: who.to_owned(), what: what.to_owned(), on: on.to_owned(), detail: detail.to_string() };
    platform.access.note(&entry).map_err(ApiError::from)
}

fn window(from: Option<Timestamp>, to: Option<Timestamp>) -> Window {
    let all = Window::all();
    Window { from: from.unwrap_or(all.from), to: to.unwrap_or(all.to) }
}

fn hold_row(held: Held) -> HoldRow {
    let Held { hold, in_force, files, events, bytes, overdue } = held;
    let all = Window::all();
    let (released_by, released_at, released_because) = match hold.released {
        Some(released) => (Some(released.who), Some(released.at.to_string()), Some(released.reason)),
        None => (None, None, None),
    };
    HoldRow {
        state: match (in_force, &released_by) {
            (true, _) => "in_force",
            (false, Some(_)) => "released",
            (false, None) => "ended",
        },
        number: hold.number,
        name: hold.name,
        q: hold.query,
        class: hold.class.map(Class::name),
        from: (hold.window.from != all.from).then(|| hold.window.from.to_string()),
        to: (hold.window.to != all.to).then(|| hold.window.to.to_string()),
        reason: hold.reason,
        who: hold.who,
        placed_at: hold.placed_at.to_string(),
        until: hold.until.map(|time| time.to_string()),
        released_by,
        released_at,
        released_because,
        files,
        events,
        bytes,
        overdue,
    }
}

fn erasure_row(proof: ErasureProof) -> ErasureRow {
    ErasureRow {
        number: proof.number,
        at: proof.at.to_string(),
        who: proof.who,
        reason: proof.reason,
        q: proof.query,
        commitment: proof.commitment,
        events: proof.events,
        held: proof.held,
        before: proof.before,
        after: proof.after,
    }
}

fn verdict(verified: Verified) -> EventsVerdict {
    EventsVerdict {
        whole: verified.faults.is_empty(),
        files: verified.files,
        bytes: verified.bytes,
        links: verified.head_number,
        head: link_text(&verified.head),
        expected_at: verified.expected,
        faults_total: verified.faults.len(),
        faults: verified.faults.into_iter().take(FAULTS_MAX).map(fault_row).collect(),
    }
}

fn fault_row(fault: VerifyFault) -> FaultRow {
    let file = |kind, path| FaultRow { kind, path: Some(path), number: None };
    let link = |kind, number| FaultRow { kind, path: None, number };
    match fault {
        VerifyFault::Missing(path) => file("missing", path),
        VerifyFault::Changed(path) => file("changed", path),
        VerifyFault::Unreadable(path) => file("unreadable", path),
        VerifyFault::Chain(number) => link("link", Some(number)),
        VerifyFault::Act(number) => link("act", Some(number)),
        VerifyFault::Unexpected => link("unexpected", None),
    }
}
