//! How long a search may take, and what becomes of it when nobody waits any more.
//!
//! A search whose caller goes away ends at once; one whose deadline is over answers with what it has found. A caller who
//! gives a search an id sees from beside how far it has come, and may say that it is enough.

use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::api::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use vigie_lake::{Cancel, Progress};
use vigie_model::text;

/// Longest deadline, in milliseconds.
const DEADLINE_MS_MAX: u64 = 600_000;
/// Longest id of a running search, in bytes.
const ID_BYTES_MAX: usize = 64;

/// What a caller allows a search.
#[derive(Debug, Default)]
pub(in crate::api) struct Effort {
    deadline: Option<Duration>,
    /// Who asks, and the id by which they want to watch.
    watched: Option<(String, String)>,
}

/// How far a search has come.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CoveredView {
    /// Files, and segments of the log, that were gone through.
    files: u64,
    /// Those that may hold something of the window.
    files_total: u64,
    /// Events in what was gone through, also where it was known without reading that none matches.
    events: u64,
    events_total: u64,
    /// Files, and records of the log, that could not be read: what they hold is missing.
    unreadable: u64,
}

impl From<Progress> for CoveredView {
    fn from(Progress { files, files_total, events, events_total, unreadable }: Progress) -> Self {
        Self { files, files_total, events, events_total, unreadable }
    }
}

impl CoveredView {
    /// Whether something is missing from an answer that may have been ended early.
    pub(super) const fn is_partial(&self, ended_early: bool) -> bool {
        ended_early || self.unreadable > 0
    }
}

impl Effort {
    /// What was asked for.
    pub(super) fn of(caller: &Caller, deadline_ms: Option<u64>, running: Option<String>) -> Result<Self, ApiError> {
        if running.as_ref().is_some_and(|id| id.is_empty() || id.len() > ID_BYTES_MAX) {
            return Err(ApiError::invalid(text!(
                en "The id of a running search has 1 to {ID_BYTES_MAX} characters",
                fr "L’identifiant d’une recherche en cours compte de 1 à {ID_BYTES_MAX} caractères",
                de "Die Kennung einer laufenden Suche hat 1 bis {ID_BYTES_MAX} Zeichen",
            )));
        }
        let deadline = deadline_ms.map(|ms| Duration::from_millis(ms.min(DEADLINE_MS_MAX)));
        Ok(Self { deadline, watched: running.map(|id| (caller.account.name.clone(), id)) })
    }

    /// So long and no longer.
    pub(super) const fn within(deadline: Duration) -> Self {
        Self { deadline: Some(deadline), watched: None }
    }

    /// Searches on a thread that may wait.
    pub(in crate::api) async fn search<T: Send + 'static>(
        self,
        platform: &Arc<Platform>,
        work: impl FnOnce(&Platform, &Cancel) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let cancel = Cancel::new();
        let _nobody_waits = CancelOnDrop(cancel.clone());
        let _watched = match &self.watched {
            Some((who, id)) => Some(platform.running.enter(who, id, &cancel).ok_or_else(id_taken)?),
            None => None,
        };
        let (own, asked) = (cancel.clone(), platform.clone());
        let searching = blocking(move || work(&asked, &own));
        tokio::pin!(searching);
        if let Some(deadline) = self.deadline {
            tokio::select! {
                done = &mut searching => return done,
                () = tokio::time::sleep(deadline) => cancel.enough(),
            }
        }
        searching.await
    }
}

/// Ends a search when whoever waited for it is gone.
pub(super) struct CancelOnDrop(pub(super) Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn id_taken() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "running",
        text!(
            en "A search with this id is going on",
            fr "Une recherche portant cet identifiant est en cours",
            de "Eine Suche mit dieser Kennung läuft schon",
        ),
    )
}

/// How far a search has come that the caller gave this id as `running`; it is there while it goes on.
#[utoipa::path(get, path = "/events/running/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = CoveredView), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn running(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<CoveredView> {
    let cancel = platform.running.get(&caller.account.name, &id).ok_or_else(ApiError::not_found)?;
    Ok(Json(cancel.progress().into()))
}

/// Ends a search that the caller gave this id: it answers with what it has found so far.
#[utoipa::path(post, path = "/events/running/{id}/enough", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = CoveredView), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn enough(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<CoveredView> {
    let cancel = platform.running.get(&caller.account.name, &id).ok_or_else(ApiError::not_found)?;
    cancel.enough();
    Ok(Json(cancel.progress().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tokio::io::AsyncWriteExt;
    use tokio::sync::mpsc;
    use vigie_kit::data_dir::DataDir;
    use vigie_lake::{Batch, Query, Window};
    use vigie_model::event::{Class, Event, Labels, Origin};
    use vigie_testkit::FakeClock;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn platform(dir: &std::path::Path) -> Arc<Platform> {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        Arc::new(Platform::open(DataDir::open(dir).unwrap(), clock, crate::Opening::default()).unwrap())
    }

    fn origin() -> Origin {
        Origin { source: "test".into(), format: "".into(), host: "".into(), labels: Labels::none() }
    }

    /// Goes on until it is told to stop.
    fn endless(cancel: &Cancel) {
        while !cancel.is_cancelled() {
            std::thread::yield_now();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_search_ends_when_its_caller_hangs_up() {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path());
        let (begun, mut begins) = mpsc::unbounded_channel();
        let (ended, mut ends) = mpsc::unbounded_channel();
        let asked = platform.clone();
        let handler = move || async move {
            let search = Effort::default().search(&asked, move |_, cancel| {
                begun.send(()).unwrap();
                endless(cancel);
                ended.send(()).unwrap();
                Ok(())
            });
            search.await.map(|()| "done")
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(axum::serve(listener, Router::new().route("/", get(handler))).into_future());
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        tokio::time::timeout(PATIENCE, begins.recv()).await.unwrap().unwrap();
        drop(stream);
        tokio::time::timeout(PATIENCE, ends.recv()).await.unwrap().unwrap();
        serving.abort();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_deadline_is_kept_and_an_id_is_free_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path());
        let effort = || Effort { deadline: Some(Duration::from_millis(1)), watched: Some(("ada".to_owned(), "1".to_owned())) };
        let window = Window::all();
        for _ in 0..2 {
            let answer = effort().search(&platform, move |platform, cancel| {
                assert!(platform.running.get("ada", "1").is_some());
                // The deadline comes while it searches.
                loop {
                    let counted = platform.lake.count(&Query::all(), &window, cancel).map_err(ApiError::of)?;
                    if counted.partial || cancel.is_cancelled() {
                        return Ok(counted.partial);
                    }
                    let now = platform.clock.now();
                    let event = Event::new(Class::BaseEvent, now, now, origin(), Vec::new());
                    platform.lake.append(&Batch { events: vec![event], checkpoint: None }).unwrap();
                }
            });
            assert!(tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap());
        }
    }
}
