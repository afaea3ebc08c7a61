//! All events that match, as a file: row by row, whatever their number.

use super::effort::CancelOnDrop;
use super::{EventRow, event_row, parsed, window_between};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::findings::{quoted, unknown_word};
use crate::platform::Platform;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use vigie_lake::{Cancel, ExportError, Query as Asked, Window};
use vigie_model::event::StoredEvent;
use vigie_model::time::Timestamp;

/// Events that are read at once.
const PAGE: usize = 1_000;
/// Pieces that wait for the reader.
const WAITING: usize = 4;

/// Which events, and in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ExportQuery {
    /// Words, `field:value`, `AND`, `OR`, `NOT`.
    q: Option<String>,
    /// From this time on; by default a day ago.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Up to this time; by default now.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// `ndjson` (by default), `csv` or `parquet`.
    format: Option<String>,
}

/// Writes all events that match, newest first.
#[utoipa::path(get, path = "/events/export", tag = "events", params(ExportQuery),
    responses((status = 200, description = "a line for each event", content_type = "application/x-ndjson", body = String),
              (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn export(
    State(platform): State<Arc<Platform>>,
    Query(asked): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let query = parsed(asked.q.as_deref().unwrap_or_default())?;
    let (form, kind, name) = match asked.format.as_deref() {
        None | Some("ndjson") => (Form::Ndjson, "application/x-ndjson", "events.ndjson"),
        Some("csv") => (Form::Csv, "text/csv; charset=utf-8", "events.csv"),
        Some("parquet") => (Form::Parquet, "application/vnd.apache.parquet", "events.parquet"),
        Some(other) => return Err(unknown_word("format", other)),
    };
    let window = window_between(&platform, asked.from, asked.to);
    let (sender, pieces) = mpsc::channel(WAITING);
    let cancel = Cancel::new();
    let nobody_reads = CancelOnDrop(cancel.clone());
    tokio::task::spawn_blocking(move || match form {
        Form::Parquet => write_parquet(&platform, &query, &window, sender, &cancel),
        form => write(&platform, &query, &window, form == Form::Csv, &sender, &cancel),
    });
    let pieces = ReceiverStream::new(pieces).map(move |piece| {
        let _ends_with_the_answer = &nobody_reads;
        piece
    });
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The form of an export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Ndjson,
    Csv,
    Parquet,
}

/// Where the pieces of an answer go.
type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// Writes Parquet, a piece for each row group.
fn write_parquet(platform: &Platform, query: &Asked, window: &Window, to: Pieces, cancel: &Cancel) {
    let mut writer = PieceWriter { to, piece: Vec::new() };
    let written = platform.lake.export_parquet(query, window, &mut writer, cancel);
    let sent = match &written {
        Ok(_) | Err(ExportError::Unreadable(_)) => writer.send(),
        Err(_) => Ok(()),
    };
    match written.map_err(io::Error::other).and(sent) {
        Err(error) if !cancel.is_cancelled() => {
            tracing::error!(%error, "an export of events broke off");
            drop(writer.to.blocking_send(Err(error)));
        }
        _ => {}
    }
}

/// Bytes of a piece.
const PIECE_BYTES: usize = 256 << 10;

/// Gathers what is written into pieces, and waits for whoever takes them.
struct PieceWriter {
    to: Pieces,
    piece: Vec<u8>,
}

impl PieceWriter {
    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.piece);
        self.to.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl io::Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes until all is said or nobody listens. What goes wrong breaks the answer off, so that nobody takes it for whole.
fn write(platform: &Platform, query: &Asked, window: &Window, csv: bool, to: &Pieces, cancel: &Cancel) {
    let (mut before, mut unreadable) = (None, 0);
    if csv && to.blocking_send(csv_rows([COLUMNS.map(str::to_owned)])).is_err() {
        return;
    }
    loop {
        let page = match platform.lake.search_until(query, window, PAGE, before, cancel) {
            Ok(page) => page,
            Err(error) => {
                if !cancel.is_cancelled() {
                    tracing::error!(%error, "an export of events broke off");
                    drop(to.blocking_send(Err(io::Error::other(error))));
                }
                return;
            }
        };
        let piece = if csv { csv_rows(page.events.iter().map(cells)) } else { ndjson(&page.events) };
        unreadable += page.unreadable;
        if to.blocking_send(piece).is_err() {
            return;
        }
        before = page.next;
        if before.is_none() {
            if unreadable > 0 {
                let error = ExportError::Unreadable(unreadable);
                tracing::error!(%error, "an export of events is not whole");
                drop(to.blocking_send(Err(io::Error::other(error))));
            }
            return;
        }
    }
}

/// An event and its record, as text where it is one.
#[derive(serde::Serialize)]
struct Line {
    #[serde(flatten)]
    row: EventRow,
    raw: String,
}

fn ndjson(events: &[StoredEvent]) -> io::Result<Bytes> {
    let mut lines = Vec::new();
    for event in events {
        let line = Line { row: event_row(event), raw: String::from_utf8_lossy(&event.event.raw).into_owned() };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}

const COLUMNS: [&str; 10] = ["id", "time", "host", "class", "activity", "severity", "source", "format", "message", "raw"];

fn cells(event: &StoredEvent) -> [String; 10] {
    let row = event_row(event);
    let raw = String::from_utf8_lossy(&event.event.raw).into_owned();
    let severity = row.severity.word().to_owned();
    let (class, activity) = (row.class.to_owned(), row.activity.to_owned());
    [row.id.to_string(), row.time, row.host, class, activity, severity, row.source, row.format, row.message, raw]
}

fn csv_rows(rows: impl IntoIterator<Item = [String; 10]>) -> io::Result<Bytes> {
    let mut text = String::new();
    for row in rows {
        let cells = row.each_ref().map(|cell| quoted(cell));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    Ok(text.into())
}
