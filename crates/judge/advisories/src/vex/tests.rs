//! One document of each kind, what they say, and what that does.

use super::*;
use proptest::prelude::*;

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

/// A finding without anything else.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    id: &'static str,
    purl: &'static str,
    version: &'static str,
}

impl Judged for Found {
    fn names(&self) -> Vec<&str> {
        vec![self.id, "GHSA-alias"]
    }

    fn packages(&self) -> Vec<(String, &str)> {
        vec![(self.purl.to_owned(), self.version)]
    }

    fn paths(&self) -> Vec<&str> {
        Vec::new()
    }
}

const ALPHA: Found = Found { id: "CVE-2099-0001", purl: "pkg:deb/debian/alpha", version: "1.0-1" };

fn place() -> Place {
    Place { digests: vec![DIGEST.to_owned()], names: vec!["registry.example/team/app:1.2".to_owned()] }
}

/// `suppressed` or `kept`, and what was said.
fn outcome(document: &str) -> String {
    let applied = apply(&parse(document.as_bytes()).unwrap(), vec![ALPHA], &place());
    match applied.suppressed.first().map(|it| &it.why) {
        Some(Why::Vex { status, justification, text, author, .. }) => {
            format!("{} {} {author}: {text}", status.word(), justification.map_or("-", Justification::word))
        }
        _ => "kept".to_owned(),
    }
}

fn openvex(products: &str, more: &str) -> String {
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"Ann","timestamp":"2099-01-01T00:00:00Z","version":1,"statements":[
            {{"vulnerability":{{"name":"CVE-2099-0001"}},"products":[{products}],"status":"not_affected",
              "justification":"vulnerable_code_not_present","impact_statement":"No code."}}{more}]}}"#
    )
}

#[test]
fn openvex_is_about_packages_and_places() {
    let said = "not_affected vulnerable_code_not_present Ann: No code.";
    let part = r#","subcomponents":[{"@id":"pkg:deb/debian/alpha"}]"#;
    for (products, expected) in [
        (r#"{"@id":"pkg:deb/debian/alpha"}"#.to_owned(), said),
        (r#"{"@id":"pkg:deb/debian/alpha@1.0-1?arch=amd64"}"#.to_owned(), said),
        (r#"{"@id":"pkg:deb/debian/alpha@1.0-2"}"#.to_owned(), "kept"),
        (r#"{"@id":"pkg:deb/debian/beta"}"#.to_owned(), "kept"),
        (format!(r#"{{"@id":"pkg:oci/app@{DIGEST}"}}"#), said),
        (format!(r#"{{"@id":"pkg:oci/app@{DIGEST}"{part}}}"#), said),
        (format!(r#"{{"@id":"app","hashes":{{"sha-256":"{}"}}{part}}}"#, &DIGEST[7..]), said),
        (format!(r#"{{"@id":"pkg:oci/app@{}"{part}}}"#, DIGEST.replace('1', "2")), "kept"),
        (r#"{"@id":"pkg:oci/app?repository_url=registry.example/team/app&tag=1.2"}"#.to_owned(), said),
        (r#"{"@id":"pkg:oci/app?repository_url=registry.example/team"}"#.to_owned(), said),
        (r#"{"@id":"pkg:oci/app?tag=1.3"}"#.to_owned(), "kept"),
        (r#"{"@id":"registry.example/team/app:1.2"}"#.to_owned(), said),
        (format!(r#"{{"@id":"registry.example/team/other:1"{part}}}"#), "kept"),
        (r#""pkg:deb/debian/alpha""#.to_owned(), said),
        (String::new(), said),
    ] {
        assert_eq!(outcome(&openvex(&products, "")), expected, "{products}");
    }
}

#[test]
fn the_latest_statement_counts() {
    let again = |status: &str, time: &str| {
        format!(
            r#",{{"vulnerability":"GHSA-alias","products":["pkg:deb/debian/alpha"],"status":"{status}","timestamp":"{time}"}}"#
        )
    };
    let first = r#"{"@id":"pkg:deb/debian/alpha"}"#;
    assert_eq!(outcome(&openvex(first, &again("affected", "2099-02-01T00:00:00Z"))), "kept");
    assert_eq!(outcome(&openvex(first, &again("under_investigation", "2099-02-01T00:00:00Z"))), "kept");
    assert!(outcome(&openvex(first, &again("affected", "2098-02-01T00:00:00Z"))).starts_with("not_affected"));
    assert_eq!(outcome(&openvex(first, &again("fixed", "2099-02-01T00:00:00Z"))), "fixed - Ann: ");
}

#[test]
fn csaf_is_read() {
    let document = format!(
        r#"{{"document":{{"category":"csaf_vex","csaf_version":"2.0","publisher":{{"name":"Bob"}},"tracking":{{"current_release_date":"2099-01-01T00:00:00Z"}}}},
            "product_tree":{{"branches":[{{"category":"vendor","name":"v","branches":[
                {{"product":{{"product_id":"IMG","name":"app","product_identification_helper":{{"purl":"pkg:oci/app@{DIGEST}"}}}}}},
                {{"product":{{"product_id":"PKG","name":"alpha","product_identification_helper":{{"purl":"pkg:deb/debian/alpha@1.0-1"}}}}}}]}}],
                "relationships":[{{"category":"installed_on","product_reference":"PKG","relates_to_product_reference":"IMG",
                    "full_product_name":{{"product_id":"PKG:IMG","name":"x"}}}}]}},
            "vulnerabilities":[{{"cve":"CVE-2099-0001","product_status":{{"known_not_affected":["PKG:IMG"]}},
                "flags":[{{"label":"vulnerable_code_not_in_execute_path","product_ids":["PKG:IMG"]}}],
                "threats":[{{"category":"impact","details":"Never called.","product_ids":["PKG:IMG"]}}]}}]}}"#
    );
    assert_eq!(outcome(&document), "not_affected vulnerable_code_not_in_execute_path Bob: Never called.");
    assert_eq!(outcome(&document.replace("known_not_affected", "known_affected")), "kept");
    assert_eq!(outcome(&document.replace("alpha@1.0-1", "alpha@1.0-2")), "kept");
}

#[test]
fn cyclonedx_is_read() {
    let document = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2099-01-01T00:00:00Z","authors":[{"name":"Cy"}]},
        "components":[{"bom-ref":"a1","type":"library","name":"alpha","purl":"pkg:deb/debian/alpha@1.0-1"}],
        "vulnerabilities":[{"id":"CVE-2099-0001","analysis":{"state":"not_affected","justification":"code_not_reachable","detail":"Not called."},
            "affects":[{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a1"}]},
            {"id":"CVE-2099-0001"}]}"#;
    assert_eq!(outcome(document), "not_affected vulnerable_code_not_in_execute_path Cy: Not called.");
    assert_eq!(outcome(&document.replace("not_affected", "exploitable")), "kept");
}

#[test]
fn attestations_are_opened() {
    use base64::Engine as _;
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns","predicate":{}}}"#,
        openvex("", "")
    );
    assert!(outcome(&statement).starts_with("not_affected"));
    let payload = base64::engine::general_purpose::STANDARD.encode(&statement);
    assert!(
        outcome(&format!(r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[]}}"#))
            .starts_with("not_affected")
    );
}

#[test]
fn what_is_written_is_read_again() {
    let part = r#","subcomponents":[{"@id":"pkg:deb/debian/alpha"}]"#;
    let document = openvex(&format!(r#"{{"@id":"pkg:oci/app@{DIGEST}"{part}}}"#), "");
    let statements = parse(document.as_bytes()).unwrap();
    let written = to_openvex(&statements, "https://vex.example/1", "Dan", Timestamp::EPOCH);
    assert_eq!(written["statements"][0]["supplier"], "Ann");
    assert_eq!(parse(written.to_string().as_bytes()).unwrap(), statements);
}

#[test]
fn says_what_is_wrong() {
    for (document, expected) in [
        ("{", "not JSON: EOF while parsing an object at line 1 column 1"),
        ("{}", "neither OpenVEX, CSAF nor CycloneDX"),
        (
            r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-1","status":"good"}]}"#,
            "status of statement 1 is missing or makes no sense",
        ),
        (
            r#"{"@context":"https://openvex.dev/ns","statements":[{"status":"fixed"}]}"#,
            "vulnerability of statement 1 is missing or makes no sense",
        ),
    ] {
        assert_eq!(parse(document.as_bytes()).unwrap_err().to_string(), expected);
    }
}

proptest! {
    #[test]
    fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
        prop_assert!(parse(&bytes).is_err());
    }
}

/// The documents of Grype's and Trivy's test-suites, where they are at hand: all are understood.
#[test]
fn documents_of_others_are_understood() {
    let folder =
        std::env::var_os("VIGIE_DATA").map(|data| std::path::Path::new(&data).join("vulnerabilities/expected-results/vex"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: VIGIE_DATA does not name a folder with vulnerabilities/expected-results/vex");
        return;
    };
    let (mut documents, mut count) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let statements = parse(&std::fs::read(&path).unwrap());
        match statements {
            Ok(statements) => count += statements.len(),
            Err(error) => assert!(path.to_string_lossy().contains("unknown.json"), "{}: {error}", path.display()),
        }
        documents += 1;
    }
    eprintln!("{documents} documents, {count} statements");
    assert!(documents > 10 && count > documents);
}
