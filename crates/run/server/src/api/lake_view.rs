//! How the store of events is doing: what it has, what waits, what it did last, and whether its files are reached.

use super::error::ApiError;
use crate::platform::Platform;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_kit::problem::Explain;
use vigie_lake::StoreStatus;
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;

/// The store of events.
#[derive(Serialize, ToSchema)]
pub(super) struct LakeView {
    events: u64,
    bytes: u64,
    oldest: Option<String>,
    newest: Option<String>,
    files: u64,
    /// Where the files are: a directory, or the address of object storage.
    place: String,
    /// Events on disk that are not yet in files.
    unsealed: u64,
    /// Since when there are such.
    unsealed_since: Option<String>,
    /// Bytes of the log, in which they are.
    log_bytes: u64,
    /// Since when events cannot be moved into files; they stay in the log meanwhile.
    seal_failing_since: Option<String>,
    /// Records that lie beside the log because they cannot be used.
    set_aside: u64,
    /// The last time that files were merged.
    last_merge: Option<MergeView>,
    /// The last look since the start whether the chain of files, or they themselves, are what they were.
    last_check: Option<CheckView>,
    /// Object storage, where the files are on it.
    store: Option<StoreView>,
}

/// Files that became one.
#[derive(Serialize, ToSchema)]
pub(super) struct MergeView {
    at: String,
    files: u64,
    events: u64,
}

/// A look whether everything is what it was.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckView {
    at: String,
    /// The number of the newest link of the chain.
    head: i64,
    /// Files that were read; null when the chain was walked only.
    files: Option<u64>,
    /// What was not as it had been.
    faults: u64,
}

/// Object storage.
#[derive(Serialize, ToSchema)]
pub(super) struct StoreView {
    address: String,
    /// `reached`, `failing`, or `unknown` while nobody has asked.
    state: &'static str,
    failing_since: Option<String>,
    /// Why it fails and what to try, in the caller's language.
    problem: Option<String>,
    /// When it last answered.
    answered_at: Option<String>,
    /// Files of before that are still to be sent.
    waiting_files: u64,
    /// Files sent since the start.
    sent: u64,
    sent_bytes: u64,
    /// Attempts to send that failed since the start.
    failed: u64,
    fetched_bytes: u64,
    cached_bytes: u64,
    cached_bytes_max: u64,
    /// Readings since the start that were served from this machine.
    cache_hits: u64,
    /// Readings since the start for which something was fetched.
    cache_misses: u64,
}

pub(super) fn lake_view(platform: &Platform, lang: Lang) -> Result<LakeView, ApiError> {
    let (stats, work) = (platform.lake.stats().map_err(ApiError::of)?, platform.lake.work().map_err(ApiError::of)?);
    let store = platform.lake.store_status();
    Ok(LakeView {
        events: stats.events,
        bytes: stats.bytes,
        oldest: told(stats.oldest),
        newest: told(stats.newest),
        files: stats.files,
        place: store.as_ref().map_or_else(|| platform.dir().lake().display().to_string(), |store| store.address.clone()),
        unsealed: stats.unsealed,
        unsealed_since: told(stats.unsealed_since),
        log_bytes: stats.log_bytes,
        seal_failing_since: told(work.seal_failing_since),
        set_aside: work.set_aside,
        last_merge: work.last_merge.map(|merge| MergeView { at: merge.at.to_string(), files: merge.files, events: merge.events }),
        last_check: work.last_check.map(|check| CheckView {
            at: check.at.to_string(),
            head: check.head,
            files: check.files,
            faults: check.faults,
        }),
        store: store.map(|store| store_view(store, lang)),
    })
}

fn store_view(store: StoreStatus, lang: Lang) -> StoreView {
    let state = match (store.failing_since, store.answered_at) {
        (Some(_), _) => "failing",
        (None, Some(_)) => "reached",
        (None, None) => "unknown",
    };
    StoreView {
        address: store.address,
        state,
        failing_since: told(store.failing_since),
        problem: store.problem.map(|problem| {
            let problem = problem.explain();
            match &problem.hint {
                Some(hint) => format!("{}: {}", problem.said.get(lang), hint.get(lang)),
                None => problem.said.get(lang).to_owned(),
            }
        }),
        answered_at: told(store.answered_at),
        waiting_files: store.waiting_files,
        sent: store.sent,
        sent_bytes: store.sent_bytes,
        failed: store.failed,
        fetched_bytes: store.fetched_bytes,
        cached_bytes: store.cached_bytes,
        cached_bytes_max: store.cached_bytes_max,
        cache_hits: store.cache_hits,
        cache_misses: store.cache_misses,
    }
}

fn told(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}
