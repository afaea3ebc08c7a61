//! A record of a machine with an owner, from the socket to the search.

use crate::platform::{Opening, Platform};
use crate::{enrichment, local};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tower::ServiceExt;
use vigie_collect::CollectConfig;
use vigie_kit::data_dir::DataDir;
use vigie_ledger::AssetEdit;
use vigie_model::asset::{Asset, AssetKind};
use vigie_testkit::{FakeClock, mmdb};

/// How often an answer is asked for before it is given up.
const TRIES: u32 = 200;

async fn get(platform: &Arc<Platform>, path: &str) -> Value {
    let request = Request::builder().uri(format!("/api/v1{path}")).header("accept-language", "fr").body(Body::empty()).unwrap();
    let response = local::router(platform.clone()).oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// The events that a query finds, when there are as many.
async fn found(platform: &Arc<Platform>, query: &str, count: usize) -> Vec<Value> {
    for _ in 0..TRIES {
        let page = get(platform, &format!("/events?q={query}&from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z")).await;
        let events = page["events"].as_array().cloned().unwrap_or_default();
        if events.len() == count {
            return events;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{query} does not find {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_by_the_team_of_its_machine_and_the_country_of_its_address() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("city.mmdb");
    let place = json!({"country": {"iso_code": "CH"}, "autonomous_system_number": 64_496});
    std::fs::write(&database, mmdb("GeoLite2-City", 1_763_337_600, &[("192.0.2.0/24", place)])).unwrap();
    let absent = dir.path().join("absent.mmdb");
    let clock = Arc::new(FakeClock::at("2026-11-22T12:00:00Z"));
    let opening = Opening { geoip: vec![database, absent], ..Opening::default() };
    let data = DataDir::open(&dir.path().join("data")).unwrap();
    let platform = Arc::new(Platform::open(data, clock.clone(), opening).unwrap());

    let web = Asset::new(AssetKind::Host, "0f3a", "web-1.example.org");
    platform.ledger.save_asset(&web).unwrap();
    assert_eq!(enrichment::look(&platform).len(), 1, "one of the files is not there");
    let edit = AssetEdit { owner: Some("shop".into()), ..AssetEdit::default() };
    platform.ledger.edit_asset(web.id, &edit).unwrap();
    assert!(enrichment::look(&platform).is_empty(), "which is told once");

    let (sender, deliveries) = mpsc::channel(8);
    tokio::spawn(vigie_pipeline::run(platform.pipeline(), deliveries));
    let mut config = CollectConfig::nothing("here");
    config.syslog = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let sources = vigie_collect::spawn(config, Arc::new(|_| None), clock, sender, platform.stop_sources()).await.unwrap();
    let mut stream = TcpStream::connect(sources.syslog_address().unwrap()).unwrap();
    let said = "sshd[7]: Failed password for eva from 192.0.2.9 port 50022 ssh2";
    for host in ["web-1", "db-1"] {
        stream
            .write_all(format!("<38>1 2026-11-22T11:59:00Z {host} {said}\n").replace("sshd[7]:", "sshd 7 - -").as_bytes())
            .unwrap();
    }
    drop(stream);

    let all = found(&platform, "country:CH", 2).await;
    assert!(all.iter().all(|event| event["fields"]["src_endpoint.autonomous_system.number"] == 64_496), "{all:?}");
    let [event] = &found(&platform, "team:shop", 1).await[..] else { panic!("one is of the team") };
    assert_eq!(event["host"], "web-1");
    assert_eq!(event["fields"]["device.uid"], web.id.to_string());
    assert_eq!(event["fields"]["device.owner.name"], "shop");
    found(&platform, "host:web-1.example.org", 1).await;
    found(&platform, "owner:shop%20asn:64496", 1).await;

    let enriched = &get(&platform, "/system").await["enrichment"];
    assert_eq!((&enriched["events"], &enriched["addresses"]), (&json!(1), &json!(2)), "{enriched}");
    assert_eq!(enriched["geoip"][0]["kind"], "GeoLite2-City");
    assert_eq!(enriched["geoip"][0]["age_days"], 370);
    let problem = enriched["geoip"][1]["problem"].as_str().unwrap();
    assert!(problem.contains("absent.mmdb n'existe pas"), "{problem}");
    platform.tell_sources_to_stop();
    sources.finished().await;
}
