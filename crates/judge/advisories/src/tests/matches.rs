//! What is found, how bad it is, and what is said of it.

use super::{NOW, built, check, data, importer, packages};
use crate::RatedBy;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::priority::{Exposure, KnownExploited};

#[test]
fn names_of_one_vulnerability_are_one_match() {
    let data = data(
        "GHSA-aaaa CVE-2024-1111 Go example.org/a 1.0.0..1.2.0
         GO-2024-0001 GHSA-aaaa Go example.org/a 1.0.0..1.3.0
         GO-2024-0002 - Go example.org/a ..1.1.0",
    );
    check(
        &data,
        "Go example.org/a v1.0.5",
        "example.org/a v1.0.5 CVE-2024-1111 1.3.0
         example.org/a v1.0.5 GO-2024-0002 1.1.0",
    );
    check(&data, "Go example.org/a v1.3.0", "");
    let matches = data.match_packages(&packages("Go example.org/a 1.2.5")).unwrap();
    assert_eq!(matches[0].vulnerability.aliases, ["GHSA-aaaa", "GO-2024-0001"]);
    assert!(data.vulnerability("CVE-2024-1111").unwrap().is_some());
    assert_eq!(data.vulnerability("CVE-2024-9999").unwrap(), None);
}

#[test]
fn binary_packages_are_judged_by_their_source() {
    let data = data("DEBIAN-CVE-2024-1111 - Debian:12 openssl ..3.0.15-1~deb12u1");
    let installed = "Debian:12 libssl3 3.0.14-1+b1 openssl 3.0.14-1
                     Debian:12 openssl 3.0.14-1+b1 openssl 3.0.14-1
                     Debian:12 libssl-dev 3.0.15-1~deb12u1 openssl
                     Debian:12 libssl-unrelated 1.0";
    check(&data, installed, "openssl 3.0.14-1 CVE-2024-1111 3.0.15-1~deb12u1");
    let matches = data.match_packages(&packages(installed)).unwrap();
    let binaries: Vec<&str> = matches[0].packages.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(binaries, ["libssl3", "openssl"]);
}

#[test]
fn a_rebuild_for_a_stable_release_has_the_fix() {
    let data = data(
        "DEBIAN-CVE-2024-1111 - Debian:12 less ..590-2.1
         DEBIAN-CVE-2024-2222 - Debian:12 less ..590-2.1~deb12u2",
    );
    check(&data, "Debian:12 less 590-2.1~deb12u1", "less 590-2.1~deb12u1 CVE-2024-2222 590-2.1~deb12u2");
    check(&data, "Debian:12 less 590-2.1~deb12u2", "");
    check(
        &data,
        "Debian:12 less 590-2.1~beta1",
        "less 590-2.1~beta1 CVE-2024-1111 590-2.1
         less 590-2.1~beta1 CVE-2024-2222 590-2.1~deb12u2",
    );
}

#[test]
fn releases_and_paid_updates_are_kept_apart() {
    let data = data(
        "UBUNTU-CVE-2024-1111 - Ubuntu:22.04:LTS curl ..7.81.0-1ubuntu1.2
         UBUNTU-CVE-2024-2222 - Ubuntu:Pro:22.04:LTS curl ..7.81.0-1ubuntu1.9
         UBUNTU-CVE-2024-3333 - Ubuntu:20.04:LTS curl ..",
    );
    let expected = "curl 7.81.0-1 CVE-2024-1111 7.81.0-1ubuntu1.2";
    check(&data, "Ubuntu:22.04:LTS curl 7.81.0-1", expected);
    check(&data, "Ubuntu:22.04 curl 7.81.0-1", expected);
    check(&data, "Ubuntu:20.04:LTS curl 9", "curl 9 CVE-2024-3333 -");
    check(&data, "Ubuntu curl 1", "");
    check(&data, "Maven curl 1", "");
}

#[test]
fn each_ecosystem_has_its_order() {
    let data = data(
        "ALPINE-CVE-2024-1111 - Alpine:v3.18 musl ..1.2.4_git20230717-r5
         RUSTSEC-2024-0001 - crates.io a 1.0.0-alpha.2..1.0.0
         PYSEC-2024-1 CVE-2024-2222 PyPI Zope.Interface ..5.0.post1",
    );
    check(&data, "Alpine:v3.18 musl-utils 1.2.4-r9 musl", "musl 1.2.4-r9 CVE-2024-1111 1.2.4_git20230717-r5");
    check(&data, "crates.io a 1.0.0-alpha.11", "a 1.0.0-alpha.11 RUSTSEC-2024-0001 1.0.0");
    check(&data, "crates.io a 1.0.0-alpha.1", "");
    check(&data, "PyPI zope-interface 5.0", "zope-interface 5.0 CVE-2024-2222 5.0.post1");
    check(&data, "PyPI zope_interface 5.0.post1+local", "");
}

#[test]
fn only_running_kernels_have_kernel_findings() {
    let data = data("DEBIAN-CVE-2024-1111 - Debian:12 linux ..6.1.99-1");
    let installed = packages(
        "Debian:12 linux-libc-dev 6.1.90-1 linux
         Debian:12 linux-image-6.1.0-9-amd64 6.1.27-1 linux-signed-amd64 6.1.27+1
         Debian:12 linux-image-6.1.0-25-amd64 6.1.99-1 linux-signed-amd64 6.1.99+1",
    );
    check(&data, "Debian:12 linux-libc-dev 6.1.90-1 linux", "");
    let found = |running| data.match_host(&installed, running).unwrap().iter().map(|it| it.installed.clone()).collect::<Vec<_>>();
    assert_eq!(found(None), ["6.1.27-1"]);
    assert_eq!(found(Some("6.1.0-9-amd64")), ["6.1.27-1"]);
    assert_eq!(found(Some("6.1.0-25-amd64")), Vec::<String>::new());
    // A kernel of another source runs: nothing is known of it, all images count.
    assert_eq!(found(Some("6.12.0-custom")), ["6.1.27-1"]);
}

#[test]
fn bulletins_count_where_nothing_more_precise_is_known() {
    let data = data(
        "DEBIAN-CVE-2024-1111 - Debian:12 a ..1.0-1
         DSA-1-2 CVE-2024-1111,CVE-2024-2222 Debian:12 a ..1.0-2",
    );
    check(
        &data,
        "Debian:12 a 0.9",
        "a 0.9 CVE-2024-1111 1.0-1
         a 0.9 CVE-2024-2222 1.0-2",
    );
    check(&data, "Debian:12 a 1.0-1", "a 1.0-1 CVE-2024-2222 1.0-2");
}

#[test]
fn the_newest_version_of_a_record_counts() {
    let older = r#"PYSEC-2024-1 - PyPI a ..1.0 "modified":"2024-01-01T00:00:00Z""#;
    let newer = r#"PYSEC-2024-1 - PyPI a ..2.0 "modified":"2024-02-01T00:00:00Z""#;
    for records in [format!("{older}\n{newer}"), format!("{newer}\n{older}")] {
        check(&data(&records), "PyPI a 0.1", "a 0.1 PYSEC-2024-1 2.0");
    }
}

#[test]
fn withdrawn_records_are_left_out() {
    let data = data(r#"PYSEC-2024-1 - PyPI a ..1.0 "withdrawn":"2024-01-01T00:00:00Z""#);
    check(&data, "PyPI a 0.1", "");
    assert_eq!(data.status().records, 0);
}

#[test]
fn severity_comes_from_who_knows_best() {
    let cvss = r#""severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]"#;
    let word = |word: &str| format!(r#""severity":[{{"type":"Ubuntu","score":"{word}"}}]"#);
    let mut importer = importer(&format!(
        "UBUNTU-CVE-2024-1111 - Ubuntu:22.04:LTS a .. {}
         GHSA-aaaa CVE-2024-1111 Go x .. {cvss}
         DEBIAN-CVE-2024-1111 - Debian:12 a ..
         UBUNTU-CVE-2024-2222 - Ubuntu:22.04:LTS a .. {}
         DEBIAN-CVE-2024-2222 - Debian:12 a ..
         DEBIAN-CVE-2024-3333 - Debian:12 a ..
         DEBIAN-CVE-2024-4444 - Debian:12 a ..",
        word("negligible"),
        word("low"),
    ));
    importer.add_kev("kev.csv", &b"cveID,dateAdded,knownRansomwareCampaignUse\nCVE-2024-3333,2024-05-06,Known\n"[..]);
    let data = built(importer);
    let rated = |package: &str| -> Vec<String> {
        let matches = data.match_packages(&packages(package)).unwrap();
        matches.iter().map(|it| format!("{} {} {:?}", it.vulnerability.id, it.severity, it.rated_by)).collect()
    };
    assert_eq!(rated("Ubuntu:22.04:LTS a 1"), ["CVE-2024-1111 info Vendor", "CVE-2024-2222 low Vendor"]);
    assert_eq!(
        rated("Debian:12 a 1"),
        [
            "CVE-2024-1111 critical Cvss",
            "CVE-2024-2222 low OtherVendor",
            "CVE-2024-3333 high Exploitation",
            "CVE-2024-4444 medium Nobody"
        ]
    );
    let matches = data.match_packages(&packages("Debian:12 a 1")).unwrap();
    assert_eq!(matches[2].vulnerability.known_exploited, KnownExploited::Ransomware);
    assert_eq!(matches[2].vulnerability.exploited_since.unwrap().to_string(), "2024-05-06");
    assert_eq!(matches[3].rated_by, RatedBy::Nobody);
}

#[test]
fn feeds_are_counted() {
    let mut importer = importer(
        r#"DEBIAN-CVE-2024-1111 - Debian:12 a ..1 "modified":"2024-02-01T00:00:00Z"
           DEBIAN-CVE-2024-2222 - Debian:12 b ..1
           DEBIAN-CVE-2024-2222 - Debian:13 b ..1"#,
    );
    importer.add_kev("kev", &br#"{"vulnerabilities":[{"cveID":"CVE-2024-1111"},{"cveID":"CVE-2020-1111"}]}"#[..]);
    importer.add_epss("epss", &b"cve,epss,percentile\nCVE-2024-1111,0.5,0.9\n"[..]);
    let data = built(importer);
    let status = data.status();
    assert_eq!((status.built_at, status.records), (NOW, 2));
    assert_eq!((status.kev, status.kev_listed, status.epss, status.epss_listed), (1, 2, 1, 1));
    assert!(status.has_kev && status.has_epss && status.bytes > 100);
    let ecosystems: Vec<_> = status.ecosystems.iter().map(|it| (it.name.as_str(), it.records)).collect();
    assert_eq!(ecosystems, [("Debian:12", 2)], "the second record of one id is the same age: the first stays");
    assert_eq!(status.ecosystems[0].newest.unwrap().to_string(), "2024-02-01T00:00:00Z");
    let matches = data.match_packages(&packages("Debian:12 a 0.1")).unwrap();
    assert_eq!(matches[0].vulnerability.epss, Some(0.5));
}

#[test]
fn a_sighting_says_what_where_and_how_to_repair() {
    let data = data(
        r#"DEBIAN-CVE-2024-1111 - Debian:12 libx++ ..1.2-1 "summary":"Bad.","references":[{"type":"WEB","url":"https://a.example"}]"#,
    );
    let matches = data.match_packages(&packages("Debian:12 libx1 1.1-1+b1 libx++ 1.1-1")).unwrap();
    let asset = Asset { exposure: Exposure::Internet, ..Asset::new(AssetKind::Host, "key", "web-1") };
    let occurrence = &data.occurrences(&matches, &asset).unwrap()[0];
    assert_eq!(occurrence.title, "CVE-2024-1111 in libx++ 1.1-1");
    assert_eq!(occurrence.identity.locator.text(), "pkg:deb/debian/libx%2B%2B");
    assert_eq!(occurrence.identity.subject, "CVE-2024-1111");
    assert_eq!(occurrence.circumstances.exposure, Exposure::Internet);
    assert_eq!(occurrence.evidence[0].found, "libx1 1.1-1+b1");
    assert_eq!(occurrence.evidence[0].expected, "libx++ 1.2-1 or later");
    let detail = occurrence.vulnerability.as_ref().unwrap();
    assert_eq!(detail.summary, "Bad.");
    assert_eq!(detail.references, ["https://security-tracker.debian.org/tracker/CVE-2024-1111", "https://a.example"]);
    assert_eq!(detail.aliases, ["CVE-2024-1111", "DEBIAN-CVE-2024-1111"]);
}

#[test]
fn what_is_said_of_a_package_changes_exactly_when_its_matches_do() {
    let inventory = "Debian:12 libssl3 3.0.14-1+b1 openssl 3.0.14-1
                     Debian:12 less 590-2
                     Debian:12 linux-libc-dev 6.1.1-1 linux
                     AlmaLinux:9 openssl-libs 1:3.0.7-1 openssl 1:3.0.7-1
                     Ubuntu:22.04:LTS curl 7.81.0-1ubuntu1.1
                     Go example.org/a v1.0.5";
    let base = "DEBIAN-CVE-2024-1111 - Debian:12 openssl ..3.0.15-1
                GO-2024-0002 - Go example.org/a ..1.1.0
                ALSA-2024:1 CVE-2024-5555 AlmaLinux:9 openssl ..1:3.0.7-2";
    let inventory = packages(inventory);
    let said = |records: &str| data(records).said(&inventory).unwrap();
    let before = said(base);
    assert_eq!(before.iter().map(|number| *number != 0).collect::<Vec<_>>(), [true, false, false, true, false, true]);
    // New records move the numbers of vulnerabilities and the places of versions; neither is said.
    let news = |record: &str| {
        let after = said(&format!("DEBIAN-CVE-2023-0001 - Debian:12 openssl ..3.0.1-1\n{base}\n{record}"));
        before.iter().zip(&after).map(|(before, after)| u8::from(before != after)).collect::<Vec<_>>()
    };
    assert_eq!(news(""), [0, 0, 0, 0, 0, 0]);
    assert_eq!(news("DEBIAN-CVE-2024-2222 - Debian:12 less ..590-3"), [0, 1, 0, 0, 0, 0]);
    assert_eq!(news("DEBIAN-CVE-2024-3333 - Debian:12 linux ..6.1.2-1"), [0, 0, 0, 0, 0, 0], "headers carry none");
    assert_eq!(news("ALSA-2024:2 CVE-2024-6666 AlmaLinux:9 openssl-libs ..1:3.0.7-2"), [0, 0, 0, 1, 0, 0]);
    assert_eq!(news("UBUNTU-CVE-2024-7777 - Ubuntu:22.04:LTS curl ..7.81.0-1ubuntu1.2"), [0, 0, 0, 0, 1, 0]);
    assert_eq!(news("GO-2024-0003 - Go example.org/a ..1.2.0"), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn small_steps_of_epss_are_no_news_and_being_exploited_is() {
    let record = "DEBIAN-CVE-2024-1111 - Debian:12 less ..590-3";
    let said = |epss: &str, exploited: bool| {
        let mut importer = importer(record);
        importer.add_epss("epss", format!("cve,epss,percentile\nCVE-2024-1111,{epss},0.1\n").as_bytes());
        if exploited {
            importer.add_kev("kev", r#"{"vulnerabilities":[{"cveID":"CVE-2024-1111","dateAdded":"2024-05-01"}]}"#.as_bytes());
        }
        let data = built(importer);
        (data.said(&packages("Debian:12 less 590-2")).unwrap(), data.fingerprint())
    };
    let before = said("0.01000", false);
    assert_eq!(before, said("0.01000", false));
    let small = said("0.01010", false);
    assert!(small.0 == before.0 && small.1 != before.1, "the data are others, and nothing is new");
    assert_ne!(said("0.04000", false).0, before.0);
    assert_ne!(said("0.01000", true).0, before.0);
}
