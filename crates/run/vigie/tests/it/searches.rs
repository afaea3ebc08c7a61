//! Searches that are kept, from the command line.

use super::{RECORD, feed, run, stderr, stdout};
use serde_json::Value;
use std::process::Output;

/// A data folder without events, and what is asked of it.
fn asked() -> impl Fn(&[&str]) -> Output {
    let (data, feeds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    let imported = run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    move |arguments| run(data.path(), arguments)
}

#[test]
fn a_search_is_kept_asked_set_to_alert_and_removed() {
    let ask = asked();
    let done = |arguments: &[&str]| {
        let output = ask(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    let refused = |arguments: &[&str], said: &str| {
        let output = ask(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    };
    done(&["searches", "save", "refused", "status_id:2", "--last", "12h", "--columns", "time,user.name"]);
    refused(&["searches", "save", "refused", "status_id:1"], "is saved already");
    done(&["searches", "save", "refused", "status_id:2 user:*", "--replace", "--last", "15m"]);
    refused(&["searches", "save", "other", "usr:eva"], "there is no field `usr`");
    refused(&["searches", "alert", "refused", "--at-least", "5"], "Only shared searches alert");
    done(&["searches", "save", "shared", "", "--shared"]);
    done(&["searches", "alert", "shared", "--fewer-than", "1", "--by", "host", "--within", "15m", "--severity", "high"]);
    refused(&["searches", "alert", "shared", "--at-least", "1", "--within", "15"], "`15` is no duration");
    assert!(done(&["searches", "show", "shared"]).contains("fewer-than 1 by host within 900s every 900s, high (quiet)"));

    let listed: Value = serde_json::from_str(&done(&["searches", "list", "--format", "json"])).unwrap();
    assert_eq!((&listed["schema"], listed["searches"].as_array().map(Vec::len)), (&"vigie.searches/1".into(), Some(2)));
    assert_eq!((&listed["searches"][0]["last_s"], &listed["searches"][0]["q"]), (&900.into(), &"status_id:2 user:*".into()));
    assert_eq!(done(&["search", "--saved", "refused", "host:web-1", "--count"]), "0\n");
    assert_eq!(done(&["search", "sequence by user with maxspan=5m [a] [b]", "--format", "json"]), "");
    assert_eq!(done(&["search", "sequence by user with maxspan=5m [a] [b]", "--count"]), "0\n");
    refused(
        &["search", "sequence by user with maxspan=5m [a] [b]", "--top", "host"],
        "The events of this sequence are not joined by host",
    );
    refused(&["search", "--saved", "no such"], "No search or dashboard of this name is kept");
    let parquet = ask(&["search", "--saved", "refused", "--format", "parquet"]);
    assert!(parquet.stdout.starts_with(b"PAR1") && parquet.stdout.ends_with(b"PAR1"));

    done(&["searches", "alert", "shared", "--off"]);
    done(&["searches", "remove", "shared"]);
    refused(&["searches", "remove", "shared"], "No search or dashboard of this name is kept");
}
