//! What holds for all routes: each is in the specification, has a rule, and is closed to strangers.

use super::*;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tower::ServiceExt;
use vigie_kit::data_dir::DataDir;
use vigie_lake::Batch;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Label, Labels, Origin};
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

struct House {
    router: Router,
    document: utoipa::openapi::OpenApi,
    rules: Vec<Rule>,
    platform: Arc<Platform>,
    clock: Arc<FakeClock>,
    _dir: tempfile::TempDir,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
    let platform =
        Arc::new(Platform::open(DataDir::open(dir.path()).unwrap(), clock.clone(), crate::Opening::default()).unwrap());
    let (router, document, rules) = router(platform.clone());
    House { router, document, rules, platform, clock, _dir: dir }
}

impl House {
    /// What a page answers, as it is.
    async fn text(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let request =
            headers.iter().fold(Request::builder().uri(format!("/api/v1{path}")), |it, (name, value)| it.header(*name, *value));
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> (StatusCode, Value, Option<String>) {
        let mut request =
            Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let cookie = response.headers().get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), cookie)
    }

    /// Sets up an administrator; gives the headers of a signed-in browser.
    async fn signed_in(&self) -> Vec<(String, String)> {
        let token = self.platform.access.new_set_up_token().unwrap();
        let body = json!({ "token": token.reveal(), "name": "ada", "passphrase": "horloge tambour nuage vif", "language": "de" });
        let (status, answer, cookie) = self.ask("POST", "/setup", &[("x-vigie-csrf", "signed-out")], body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let cookie = cookie.unwrap();
        for part in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let token = cookie.split(';').next().unwrap().to_owned();
        vec![("cookie".into(), token), ("x-vigie-csrf".into(), answer["csrf"].as_str().unwrap().into())]
    }
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The routes of the specification as `METHOD /path`.
fn specified(document: &utoipa::openapi::OpenApi) -> BTreeSet<String> {
    let document = serde_json::to_value(document).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let verbs = |item: Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    paths
        .into_iter()
        .flat_map(|(path, item)| verbs(item).into_iter().map(move |verb| format!("{} {path}", verb.to_uppercase())))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_specification_the_rules_and_the_router_name_the_same_routes() {
    let house = house();
    let rules: BTreeSet<String> = house.rules.iter().map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    assert_eq!(specified(&house.document), rules);
    for route in &rules {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{id}", "0").replace("{name}", "x");
        let (status, ..) = house.ask(method, &path, &[("x-vigie-csrf", "signed-out")], json!({})).await;
        assert!(![StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status), "{route} is not served: {status}");
    }
    // And nothing is served that is not named.
    let paths: BTreeSet<&str> = rules.iter().filter_map(|route| Some(route.split_once(' ')?.1)).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !rules.contains(&format!("{method} {path}")) {
                let asked = path.replace("{id}", "0").replace("{name}", "x");
                let (status, ..) = house.ask(method, &asked, &[("x-vigie-csrf", "signed-out")], json!({})).await;
                assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path} is served and not named");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_nothing_but_the_door() {
    let house = house();
    let open: BTreeSet<String> = house
        .rules
        .iter()
        .filter(|rule| rule.needs == Needs::Nothing)
        .map(|rule| format!("{} {}", rule.method, rule.path))
        .collect();
    let door = ["DELETE /session", "GET /session", "POST /passphrase/check", "POST /session", "POST /setup"];
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), door);
    for rule in house.rules.iter().filter(|rule| rule.needs != Needs::Nothing) {
        let path = rule.path.replace("{id}", "0").replace("{name}", "x");
        let (status, body, _) = house.ask(&rule.method, &path, &[("x-vigie-csrf", "signed-out")], json!({})).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {}", rule.method, rule.path);
        assert_eq!(body["error"]["code"], "signed_out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_change_anything() {
    let house = house();
    let headers = house.signed_in().await;
    let cookie_only: Vec<(&str, &str)> = borrowed(&headers).into_iter().filter(|(name, _)| *name == "cookie").collect();
    let (status, ..) = house.ask("POST", "/rounds/decisions", &cookie_only, json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, ..) = house.ask("POST", "/rounds/decisions", &borrowed(&headers), json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_administrator_reads_every_page_in_their_language() {
    let house = house();
    let headers = house.signed_in().await;
    let mut headers = borrowed(&headers);
    for path in [
        "/overview",
        "/findings",
        "/decisions",
        "/events",
        "/events/histogram",
        "/assets",
        "/catalogue",
        "/system",
        "/audit",
        "/audit/verify",
        "/audit/verify/events",
        "/searches",
        "/dashboards",
        "/lake/holds",
        "/lake/erasures",
        "/account/sessions",
    ] {
        let (status, body, _) = house.ask("GET", path, &headers, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    headers.push(("accept-language", "de-CH"));
    let (_, body, _) = house.ask("GET", "/catalogue/HOST-0001", &headers, Value::Null).await;
    assert_eq!(body["title"], "SSH lässt root mit Passwort anmelden");
    let (status, body, _) = house.ask("GET", "/findings?severity=urgent", &headers, Value::Null).await;
    assert_eq!(
        (status, body["error"]["said"].as_str().unwrap()),
        (StatusCode::BAD_REQUEST, "`urgent` ist kein Wert für severity")
    );
    let (status, body, _) = house.ask("GET", "/events?q=user%3A(", &headers, Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("query")));
}

/// An event of every second, by turns of two sources, of users whose numbers repeat.
fn take_in(house: &House, count: i64) {
    let start = Timestamp::parse("2026-11-21T07:00:00Z").unwrap();
    let event = |n: i64| {
        let source = if n % 2 == 0 { "a" } else { "b \\ \"x\"" };
        let labels = Labels::from_iter([(Label::Namespace, "shop")]);
        let origin = Origin { source: source.into(), format: "sshd".into(), host: "web-1".into(), labels };
        let time = start.plus_seconds(n);
        let mut event = Event::new(Class::Authentication, time, time, origin, format!("=record, {n}").into_bytes());
        event.set(field::USER_NAME, format!("user{}", n % 3));
        event
    };
    house.platform.lake.append(&Batch { events: (0..count).map(event).collect(), checkpoint: None }).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_counted_by_value_shown_with_their_neighbours_and_carried_away() {
    let house = house();
    let headers = house.signed_in().await;
    let headers = borrowed(&headers);
    take_in(&house, 2_500);
    let (status, top, _) = house.ask("GET", "/events/top?by=user&limit=2&q=source%3Aa", &headers, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{top}");
    assert_eq!(top["values"], json!([{"value": "user0", "count": 417}, {"value": "user2", "count": 417}]));
    assert_eq!((&top["others"], &top["without"], &top["different"]), (&json!(416), &json!(0), &json!(3)));
    let (status, body, _) = house.ask("GET", "/events/top?by=usr", &headers, Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("query")));

    for id in [1, 2, 1_000, 2_499, 2_500] {
        let (_, around, _) = house.ask("GET", &format!("/events/{id}/around?count=3"), &headers, Value::Null).await;
        let ids = |side: &str| around[side].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>();
        let like = |steps: [i64; 3]| steps.iter().map(|step| id + step).filter(|id| (1..=2_500).contains(id)).collect::<Vec<_>>();
        assert_eq!((ids("before"), ids("after")), (like([-6, -4, -2]), like([2, 4, 6])), "{id}");
    }

    for (form, lines, first) in [("csv", 2_501, "id,time,host"), ("ndjson", 2_500, "{\"id\":2500,")] {
        let text = house.text(&format!("/events/export?format={form}"), &headers).await;
        assert_eq!((text.lines().count(), text.starts_with(first)), (lines, true), "{}", &text[..100]);
        assert!(form != "csv" || text.contains(",\"'=record, 7\""), "a spreadsheet would run it");
    }
    let request = headers.iter().fold(Request::builder(), |it, (name, value)| it.header(*name, *value));
    let request = request.uri("/api/v1/events/export?format=parquet&q=source%3Aa").body(Body::empty()).unwrap();
    let file = house.router.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"), "{} bytes", file.len());
    let (_, page, _) = house.ask("GET", "/events?limit=1", &headers, Value::Null).await;
    assert_eq!(page["events"][0]["labels"], json!({"namespace": "shop"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_does_what_its_token_says_and_nothing_else() {
    let house = house();
    let headers = house.signed_in().await;
    let headers = borrowed(&headers);
    let body = json!({ "name": "ci", "permissions": ["send_scans", "read_findings"], "days": 1 });
    let (status, made, _) = house.ask("POST", "/tokens", &headers, body).await;
    assert_eq!((status, &made["about"]["state"]), (StatusCode::OK, &json!("in_force")), "{made}");
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let with = |more: &[(&'static str, &'static str)]| [&[("authorization", bearer.as_str())][..], more].concat();
    // No CSRF word: no browser sends this header by itself.
    let (status, answer, _) = house.ask("POST", "/scans", &with(&[]), json!({})).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("observation")), "{answer}");
    let (status, answer, _) = house.ask("GET", "/session", &with(&[]), Value::Null).await;
    assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("token")));
    let may = [Permission::SendScans, Permission::ReadFindings];
    for rule in &house.rules {
        let Needs::Permission(permission) = rule.needs else { continue };
        let path = rule.path.replace("{id}", "0").replace("{name}", "x");
        let (status, ..) = house.ask(&rule.method, &path, &with(&[]), json!({})).await;
        assert_eq!(status == StatusCode::FORBIDDEN, !may.contains(&permission), "{} {}: {status}", rule.method, rule.path);
    }
    // A cookie beside it opens no more.
    let beside = [&headers[..], &[("authorization", bearer.as_str())]].concat();
    let (status, answer, _) = house.ask("GET", "/tokens", &beside, Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
    assert!(answer["error"]["said"].as_str().unwrap().contains("manage_tokens"));

    house.clock.advance(86_400);
    let (status, answer, _) = house.ask("POST", "/scans", &with(&[("accept-language", "de")]), json!({})).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("token_expired")));
    assert_eq!(answer["error"]["said"], "Das Token ist abgelaufen");
    for (attempt, expected) in [(1, StatusCode::UNAUTHORIZED), (4, StatusCode::UNAUTHORIZED), (5, StatusCode::TOO_MANY_REQUESTS)]
    {
        let guess = format!("Bearer {}", vigie_access::bearer::Bearer::random().unwrap().reveal());
        let mut last = StatusCode::OK;
        for _ in 0..if attempt == 4 { 3 } else { 1 } {
            (last, ..) = house.ask("GET", "/findings", &[("authorization", &guess)], Value::Null).await;
        }
        assert_eq!(last, expected, "attempt {attempt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_at_the_server() {
    let house = house();
    let headers = house.signed_in().await;
    let (status, _, cookie) = house.ask("DELETE", "/session", &borrowed(&headers), Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(cookie.unwrap().contains("Max-Age=0"));
    let (status, ..) = house.ask("GET", "/overview", &borrowed(&headers), Value::Null).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_the_data_needs_no_sign_in_on_the_local_socket() {
    let house = house();
    let router = crate::local::router(house.platform.clone());
    let request = Request::builder().method(Method::GET).uri("/api/v1/overview").body(Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK);
}

#[test]
fn the_checked_in_specification_is_the_served_one() {
    let served = serde_json::to_string_pretty(&house().document).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/openapi.json");
    vigie_testkit::check_golden(path, &served);
}
