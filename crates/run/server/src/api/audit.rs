//! The audit trail.

use super::error::ApiError;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::audit::{self, Verified};

/// Entries that one request gives.
const NEWEST: i64 = 500;

/// Something somebody did.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditRow {
    /// Its place in the chain, from 1.
    number: i64,
    at: String,
    who: String,
    what: String,
    on: String,
    detail: Value,
}

/// Whether the chain is whole.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditVerdict {
    whole: bool,
    /// Entries of a whole chain.
    entries: Option<i64>,
    /// Hash of the newest entry of a whole chain; kept elsewhere, it shows later whether entries were cut off.
    head: Option<String>,
    /// The first entry that does not follow from the one before.
    broken_at: Option<i64>,
}

/// The newest entries, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", responses((status = 200, body = Vec<AuditRow>)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Answer<Vec<AuditRow>> {
    let entries = blocking(move || audit::newest(&platform.db, NEWEST).map_err(ApiError::from)).await?;
    let rows = entries.into_iter().map(|stored| AuditRow {
        number: stored.number,
        at: stored.at.to_string(),
        who: stored.entry.who,
        what: stored.entry.what,
        on: stored.entry.on,
        detail: serde_json::from_str(&stored.entry.detail).unwrap_or(Value::Null),
    });
    Ok(Json(rows.collect()))
}

/// Walks the whole chain.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", responses((status = 200, body = AuditVerdict)))]
pub(super) async fn verify(State(platform): State<Arc<Platform>>) -> Answer<AuditVerdict> {
    let verdict = match blocking(move || platform.access.verify_audit().map_err(ApiError::from)).await? {
        Verified::Whole { entries, head } => {
            let head = head.iter().map(|byte| format!("{byte:02x}")).collect();
            AuditVerdict { whole: true, entries: Some(entries), head: Some(head), broken_at: None }
        }
        Verified::Broken { at_number } => AuditVerdict { whole: false, entries: None, head: None, broken_at: Some(at_number) },
    };
    Ok(Json(verdict))
}
