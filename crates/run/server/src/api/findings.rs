//! Findings: listing, one whole, taking up, exporting.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::rows::{FindingRow, finding_row};
use super::{Answer, blocking};
use crate::live::Change;
use crate::platform::Platform;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_ledger::{Cursor, Detail, Facets, Filter, HistoryEntry, Order, Progress, Sort, StateName, States};
use vigie_model::finding::FindingKind;
use vigie_model::ids::{AssetId, FindingId};
use vigie_model::lang::{Lang, Text};
use vigie_model::life::Refusal;
use vigie_model::severity::Severity;
use vigie_model::text;

const PAGE_MAX: u32 = 500;
const PAGE: u32 = 50;
const EXPORT_PAGE: u32 = vigie_ledger::PAGE_MAX;

/// Which findings, in which order.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingsQuery {
    /// `active` (default), `open`, `in_progress`, `fixed`, `accepted`, `not_affected`, `false_positive` or `all`.
    state: Option<String>,
    /// One or more severities, separated by commas.
    severity: Option<String>,
    /// One kind.
    kind: Option<String>,
    /// One asset.
    asset: Option<String>,
    /// One rule or vulnerability.
    subject: Option<String>,
    /// Text that title, subject or place contain.
    text: Option<String>,
    /// Only what an update repairs.
    fixable: Option<bool>,
    /// Only what is known to be exploited.
    kev: Option<bool>,
    /// `priority` (default), `severity`, `first_seen`, `last_seen` or `title`.
    sort: Option<String>,
    /// `desc` or `asc`.
    order: Option<String>,
    /// Where the page before ended.
    after: Option<String>,
    /// 50 by default, 500 at most.
    limit: Option<u32>,
    /// Of an export: `json` or `csv`.
    format: Option<String>,
}

/// A page of findings.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingsPage {
    findings: Vec<FindingRow>,
    /// Give it as `after` for the next page.
    next: Option<String>,
    /// How many there are in all, where it is known without counting.
    total: Option<u64>,
    /// How many there would be by severity, kind and state, where it is known without counting.
    #[schema(value_type = Option<Object>)]
    facets: Option<BTreeMap<&'static str, BTreeMap<&'static str, u64>>>,
}

/// One finding whole.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingView {
    #[serde(flatten)]
    row: FindingRow,
    evidence: Vec<EvidenceView>,
    /// Of a vulnerability: what is broken and what repairs it.
    #[schema(value_type = Option<Object>)]
    vulnerability: Value,
    /// Of a detection: what the rule saw.
    #[schema(value_type = Option<Object>)]
    detection: Value,
    /// What the priority was computed from.
    #[schema(value_type = Object)]
    circumstances: Value,
    /// The page of the catalogue, in the caller's language.
    texts: Option<TextsView>,
    history: Vec<ChangeView>,
    /// The decision that covers it.
    decision: Option<super::decisions::DecisionView>,
    problem: ProblemView,
    /// The id of the saved search whose alert it is.
    search: Option<String>,
}

/// The proof at one place.
#[derive(Serialize, ToSchema)]
pub(super) struct EvidenceView {
    locator: String,
    place: String,
    found: String,
    expected: String,
}

/// A page of the catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct TextsView {
    looks_for: String,
    why: String,
    fix: String,
}

/// Something that happened to a finding.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangeView {
    at: String,
    who: String,
    /// `opened`, `reopened`, `fixed`, `started`, `stopped`, `accepted` …
    what: String,
    from: Option<String>,
    to: Option<String>,
    why: String,
}

/// The same cause on whatever asset.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemView {
    id: String,
    /// Active findings of the same problem beside this one.
    others: u64,
}

/// Taking findings up or laying them down.
#[derive(Deserialize, ToSchema)]
pub(super) struct ProgressRequest {
    ids: Vec<String>,
    /// `start` or `stop`.
    action: String,
    /// Why, for the history.
    #[serde(default)]
    why: String,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct ProgressView {
    changed: u64,
    refused: Vec<RefusedView>,
}

/// A finding that could not be moved.
#[derive(Serialize, ToSchema)]
pub(super) struct RefusedView {
    id: String,
    said: String,
}

/// Lists findings.
#[utoipa::path(get, path = "/findings", tag = "findings", params(FindingsQuery),
    responses((status = 200, body = FindingsPage), (status = 400, body = ErrorBody)))]
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<FindingsQuery>,
) -> Answer<FindingsPage> {
    let filter = filter(&query)?;
    let (sort, order) = sort(&query)?;
    let after = query.after.as_deref().map(|text| text.parse::<Cursor>().map_err(ApiError::of)).transpose()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let page = blocking(move || {
        let page = platform.ledger.findings(&filter, sort, order, after.as_ref(), limit).map_err(ApiError::of)?;
        Ok(FindingsPage {
            findings: page.findings.into_iter().map(|found| finding_row(found, caller.lang)).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
            total: page.total,
            facets: page.facets.map(facets),
        })
    })
    .await?;
    Ok(Json(page))
}

/// One finding whole; enough of the beginning of its id is enough.
#[utoipa::path(get, path = "/findings/{id}", tag = "findings", params(("id" = String, Path)),
    responses((status = 200, body = FindingView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<FindingView> {
    let detail = blocking(move || {
        let id = platform.ledger.complete_id(&id).map_err(ApiError::of)?.ok_or_else(ApiError::not_found)?;
        platform.ledger.finding(id).map_err(ApiError::of)?.ok_or_else(ApiError::not_found)
    })
    .await?;
    Ok(Json(view(detail, caller.lang)))
}

/// Takes findings up, or lays them down again.
#[utoipa::path(post, path = "/findings/progress", tag = "findings", request_body = ProgressRequest,
    responses((status = 200, body = ProgressView), (status = 400, body = ErrorBody)))]
pub(super) async fn progress(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<ProgressRequest>,
) -> Answer<ProgressView> {
    let ids = ids(&body.ids)?;
    let action = match body.action.as_str() {
        "start" => Progress::Start,
        "stop" => Progress::Stop,
        other => return Err(unknown_word("action", other)),
    };
    let made = blocking(move || {
        let made = platform.ledger.set_progress(&ids, action, &caller.account.name, &body.why).map_err(ApiError::of)?;
        platform.live.tell(Change::Findings { changed: made.changed });
        Ok(made)
    })
    .await?;
    let refused = made
        .refused
        .into_iter()
        .map(|(id, refusal)| RefusedView { id: id.to_string(), said: said(refusal).get(caller.lang).to_owned() });
    Ok(Json(ProgressView { changed: made.changed, refused: refused.collect() }))
}

/// All findings of a filter, as a file.
#[utoipa::path(get, path = "/findings/export", tag = "findings", params(FindingsQuery),
    responses((status = 200, description = "JSON or CSV, by `format`", body = FindingsExport), (status = 400, body = ErrorBody)))]
pub(super) async fn export(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<FindingsQuery>,
) -> Result<Response, ApiError> {
    let filter = filter(&query)?;
    let csv = match query.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => true,
        Some(other) => return Err(unknown_word("format", other)),
    };
    let bytes = blocking(move || {
        let findings = all(&platform, &filter, caller.lang)?;
        if csv { Ok(as_csv(&findings)) } else { as_json(findings) }
    })
    .await?;
    let (kind, name) = if csv { ("text/csv; charset=utf-8", "findings.csv") } else { ("application/json", "findings.json") };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// An export, `vigie.findings/1`.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingsExport {
    schema: &'static str,
    findings: Vec<FindingRow>,
}

fn all(platform: &Platform, filter: &Filter, lang: Lang) -> Result<Vec<FindingRow>, ApiError> {
    let sort = (Sort::Priority, Order::Descending);
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = platform.ledger.findings(filter, sort.0, sort.1, after.as_ref(), EXPORT_PAGE).map_err(ApiError::of)?;
        rows.extend(page.findings.into_iter().map(|found| finding_row(found, lang)));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

fn as_json(findings: Vec<FindingRow>) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec_pretty(&FindingsExport { schema: "vigie.findings/1", findings }).map_err(|error| {
        tracing::error!(%error, "findings could not be written as JSON");
        ApiError::broke_off()
    })
}

/// RFC 4180, with cells that a spreadsheet would run as a formula defused by an apostrophe.
fn as_csv(findings: &[FindingRow]) -> Vec<u8> {
    const COLUMNS: &str =
        "id,kind,subject,title,severity,priority,state,asset,locator,fixed_version,known_exploited,epss,first_seen,last_seen";
    let mut text = format!("{COLUMNS}\r\n");
    for found in findings {
        let (priority, epss) = (found.priority.to_string(), found.epss.map_or(String::new(), |epss| epss.to_string()));
        let cells = [
            &found.id,
            found.kind,
            &found.subject,
            &found.title,
            found.severity,
            &priority,
            found.state.word(),
            &found.asset.name,
            &found.locator,
            found.fixed_version.as_deref().unwrap_or_default(),
            found.known_exploited,
            &epss,
            &found.first_seen,
            &found.last_seen,
        ];
        let cells: Vec<String> = cells.into_iter().map(quoted).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// A cell of CSV, defused.
pub(super) fn quoted(cell: &str) -> String {
    let defused = if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() };
    if defused.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", defused.replace('"', "\"\"")) } else { defused }
}

fn view(detail: Detail, lang: Lang) -> FindingView {
    let texts = vigie_catalogue::by_id(&detail.finding.subject).map(|entry| TextsView {
        looks_for: entry.looks_for.get(lang).to_owned(),
        why: entry.why.get(lang).to_owned(),
        fix: entry.fix.get(lang).to_owned(),
    });
    let evidence = detail.evidence.into_iter().map(|proof| EvidenceView {
        locator: proof.locator,
        place: proof.place,
        found: proof.found,
        expected: proof.expected,
    });
    let search = detail.finding.subject.strip_prefix("search:").map(str::to_owned);
    FindingView {
        search,
        row: finding_row(detail.finding, lang),
        evidence: evidence.collect(),
        vulnerability: json!(detail.vulnerability),
        detection: json!(detail.detection),
        circumstances: json!(detail.circumstances),
        texts,
        history: detail.history.into_iter().map(change).collect(),
        decision: detail.decision.map(super::decisions::view),
        problem: ProblemView { id: detail.problem.id.to_string(), others: detail.problem.others },
    }
}

fn change(entry: HistoryEntry) -> ChangeView {
    ChangeView {
        at: entry.at.to_string(),
        who: entry.who,
        what: json!(entry.what).as_str().unwrap_or_default().to_owned(),
        from: entry.from,
        to: entry.to,
        why: entry.why,
    }
}

fn filter(query: &FindingsQuery) -> Result<Filter, ApiError> {
    let states = match query.state.as_deref() {
        None => States::Active,
        Some("active") => States::Active,
        Some("all") => States::All,
        Some(word) => States::Only(vec![StateName::from_word(word).ok_or_else(|| unknown_word("state", word))?]),
    };
    let severities = query.severity.as_deref().unwrap_or_default().split(',').filter(|word| !word.is_empty());
    let severities = severities.map(|word| word.parse::<Severity>().map_err(|_| unknown_word("severity", word)));
    let kind = query.kind.as_deref().map(|word| FindingKind::from_word(word).ok_or_else(|| unknown_word("kind", word)));
    let asset = query.asset.as_deref().map(|id| id.parse::<AssetId>().map_err(|_| unknown_word("asset", id)));
    Ok(Filter {
        states,
        severities: severities.collect::<Result<_, _>>()?,
        kinds: kind.transpose()?.into_iter().collect(),
        asset: asset.transpose()?,
        subject: query.subject.clone(),
        text: query.text.clone().filter(|text| !text.trim().is_empty()),
        fixable: query.fixable.filter(|fixable| *fixable),
        known_exploited: query.kev.filter(|kev| *kev),
        ..Filter::default()
    })
}

fn sort(query: &FindingsQuery) -> Result<(Sort, Order), ApiError> {
    let (sort, usual) = match query.sort.as_deref() {
        None | Some("priority") => (Sort::Priority, Order::Descending),
        Some("severity") => (Sort::Severity, Order::Descending),
        Some("first_seen") => (Sort::FirstSeen, Order::Descending),
        Some("last_seen") => (Sort::LastSeen, Order::Descending),
        Some("title") => (Sort::Title, Order::Ascending),
        Some(other) => return Err(unknown_word("sort", other)),
    };
    let order = match query.order.as_deref() {
        None => usual,
        Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(other) => return Err(unknown_word("order", other)),
    };
    Ok((sort, order))
}

fn facets(facets: Facets) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let severity = facets.severity.into_iter().map(|(severity, count)| (severity.word(), count)).collect();
    let kind = facets.kind.into_iter().map(|(kind, count)| (kind.word(), count)).collect();
    let state = facets.state.into_iter().map(|(state, count)| (state.word(), count)).collect();
    BTreeMap::from([("severity", severity), ("kind", kind), ("state", state)])
}

/// The findings that a request names.
pub(super) fn ids(texts: &[String]) -> Result<Vec<FindingId>, ApiError> {
    texts.iter().map(|text| text.parse::<FindingId>().map_err(|_| unknown_word("id", text))).collect()
}

/// A word of a request that means nothing.
pub(super) fn unknown_word(what: &str, word: &str) -> ApiError {
    ApiError::invalid(text!(
        en "`{word}` is no {what}",
        fr "`{word}` n’est pas une valeur de {what}",
        de "`{word}` ist kein Wert für {what}",
    ))
}

fn said(refusal: Option<Refusal>) -> Text {
    match refusal {
        None => text!(en "There is no such finding", fr "Ce constat n’existe pas", de "Diesen Befund gibt es nicht"),
        Some(Refusal::AlreadyFixed) => text!(en "It is fixed already", fr "Il est déjà corrigé", de "Er ist bereits behoben"),
        Some(Refusal::Decided) => text!(
            en "A decision covers it: withdraw that first",
            fr "Une décision le couvre : retirez-la d’abord",
            de "Eine Entscheidung gilt für ihn: Ziehen Sie sie zuerst zurück",
        ),
    }
}
