//! What vendors say, against what others say of the same packages.

use super::{NOW, built, check, data, importer, packages};
use crate::import::{Importer, SourceKind};
use std::io::Cursor;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::finding::FindingKind;
use vigie_model::severity::Severity;

/// Adds a vendor's file to records from lines.
fn with(records: &str, files: &[&str]) -> Importer {
    let mut importer = importer(records);
    for file in files {
        let report = importer.add("file", Cursor::new(file.as_bytes()), &mut |_| {}).unwrap();
        assert!(report.whole && report.problems.is_empty(), "{report:?}");
        assert_ne!(report.kind, SourceKind::Osv);
    }
    importer
}

const DEBIAN: &str = r#"{"alpha": {
    "CVE-2099-0001": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0", "urgency": "low"}}},
    "CVE-2099-0002": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
    "CVE-2099-0003": {"releases": {"bookworm": {"status": "open", "urgency": "low", "nodsa": "Minor issue"}}},
    "CVE-2099-0004": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1.5-1", "urgency": "high"}}}}}"#;

#[test]
fn the_vendor_goes_before_records_and_bulletins() {
    let records = "DEBIAN-CVE-2099-0001 - Debian:12 alpha ..
                   DSA-1-1 CVE-2099-0001,CVE-2099-0004 Debian:12 alpha ..2.0-1
                   DEBIAN-CVE-2099-0004 - Debian:12 alpha ..1.9-1
                   DEBIAN-CVE-2099-0005 - Debian:12 alpha ..1.9-1";
    let data = built(with(records, &[DEBIAN]));
    check(
        &data,
        "Debian:12 alpha 1.0-1",
        "alpha 1.0-1 CVE-2099-0002 -
         alpha 1.0-1 CVE-2099-0003 -
         alpha 1.0-1 CVE-2099-0004 1.5-1
         alpha 1.0-1 CVE-2099-0005 1.9-1",
    );
    let matches = data.match_packages(&packages("Debian:12 alpha 1.0-1")).unwrap();
    let told: Vec<_> = matches.iter().map(|it| (it.unfixed.map_or("-", |unfixed| unfixed.word()), it.severity)).collect();
    assert_eq!(told[..3], [("affected", Severity::Info), ("minor", Severity::Low), ("-", Severity::High)]);
    let occurrences = data.occurrences(&matches, &Asset::new(AssetKind::Host, "k", "n")).unwrap();
    assert_eq!(occurrences[1].evidence[0].expected, "minor, no advisory planned");
}

#[test]
fn what_no_package_has_is_no_vulnerability() {
    let data =
        built(with("", &[r#"{"a": {"CVE-2099-0001": {"releases": {"sid": {"status": "resolved", "fixed_version": "0"}}}}}"#]));
    assert_eq!(data.status().records, 0);
}

#[test]
fn several_files_of_a_vendor_add_up() {
    let secdb = |release: &str, version: &str| {
        format!(
            r#"{{"apkurl":"x","distroversion":"{release}","packages":[{{"pkg":{{"name":"alpha","secfixes":{{"{version}":["CVE-2099-0001"]}}}}}}]}}"#
        )
    };
    let data =
        built(with("ALPINE-CVE-2099-0001 - Alpine:v3.21 alpha ..9-r0", &[&secdb("v3.20", "2-r0"), &secdb("v3.21", "3-r0")]));
    check(&data, "Alpine:v3.20 alpha 1-r0", "alpha 1-r0 CVE-2099-0001 2-r0");
    check(&data, "Alpine:v3.21 alpha 2-r0", "alpha 2-r0 CVE-2099-0001 3-r0");
}

#[test]
fn extended_support_judges_its_own_builds() {
    let tracker = "Candidate: CVE-2099-0001\nPriority: medium\nxenial_alpha: ignored (end of standard support)\n\
                   esm-infra/xenial_alpha: released (1.0-1ubuntu1+esm2)\n";
    let data = built(with("", &[tracker]));
    check(&data, "Ubuntu:16.04:LTS alpha 1.0-1ubuntu1", "alpha 1.0-1ubuntu1 CVE-2099-0001 -");
    check(&data, "Ubuntu:16.04:LTS alpha 1.0-1ubuntu1+esm1", "alpha 1.0-1ubuntu1+esm1 CVE-2099-0001 1.0-1ubuntu1+esm2");
    check(&data, "Ubuntu:16.04 alpha 1.0-1ubuntu1+esm2", "");
}

#[test]
fn rpm_packages_are_found_by_source_and_by_their_own_name() {
    let data = data(
        "RLSA-1 CVE-2099-0001 Rocky_Linux:9 alpha ..1:2.0-5.el9
         ALSA-1 CVE-2099-0001 Rocky_Linux:9 libalpha ..1:2.0-5.el9
         ALSA-2 CVE-2099-0002 Rocky_Linux:9 libalpha ..1:2.0-6.el9"
            .replace("Rocky_Linux", "AlmaLinux")
            .as_str(),
    );
    check(
        &data,
        "AlmaLinux:9.4 libalpha 1:2.0-4.el9 alpha 1:2.0-4.el9
         AlmaLinux:9.4 alpha-tools 1:2.0-4.el9 alpha 1:2.0-4.el9",
        "alpha 1:2.0-4.el9 CVE-2099-0001 1:2.0-5.el9
         alpha 1:2.0-4.el9 CVE-2099-0002 1:2.0-6.el9",
    );
    check(&data, "AlmaLinux:9 libalpha 1:2.0-6.el9 alpha 1:2.0-6.el9", "");
}

#[test]
fn module_builds_and_plain_ones_are_not_each_others() {
    let data = data("ALSA-1 CVE-2099-0001 AlmaLinux:8 alpha ..2.0-1.module_el8.9.0+1");
    check(&data, "AlmaLinux:8 alpha 1.0-1.el8", "");
    check(&data, "AlmaLinux:8 alpha 1.0-1.module_el8.6.0+1", "alpha 1.0-1.module_el8.6.0+1 CVE-2099-0001 2.0-1.module_el8.9.0+1");
}

#[test]
fn builds_of_a_minor_release_are_repaired_by_its_extended_support() {
    let record = |id: &str, cve: &str, ecosystem: &str, fixed: &str| {
        format!(
            r#"{{"id":"{id}","upstream":["{cve}"],"affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"alpha"}},
               "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}}{fixed}]}}]}}]}}"#
        )
    };
    let fixed = |version: &str| format!(r#",{{"fixed":"{version}"}}"#);
    let mut importer = Importer::new(NOW);
    for record in [
        record("RHSA-2099:1", "CVE-2099-0001", "Red Hat:enterprise_linux:9::baseos", &fixed("0:2-5.el9_5")),
        record("RHSA-2099:2", "CVE-2099-0001", "Red Hat:rhel_eus:9.4::baseos", &fixed("0:2-4.el9_4.3")),
        record("RHSA-2099:3", "CVE-2099-0002", "Red Hat:enterprise_linux:9::baseos", &fixed("0:2-6.el9_5")),
    ] {
        importer.add_osv_json("record", record.as_bytes()).unwrap();
    }
    let data = built(importer);
    let found = |version: &str| -> Vec<String> {
        let package =
            vigie_model::package::Package { ecosystem: "Red Hat:9".into(), ..packages(&format!("x alpha {version}")).remove(0) };
        data.match_packages(&[package]).unwrap().into_iter().map(|found| found.vulnerability.id).collect()
    };
    assert_eq!(found("2-4.el9_4.3"), ["CVE-2099-0002"]);
    assert_eq!(found("2-4.el9_4.2"), ["CVE-2099-0001", "CVE-2099-0002"]);
    assert_eq!(found("2-4.el9_3.3"), ["CVE-2099-0001", "CVE-2099-0002"], "of another minor release nothing is known");
    assert_eq!(found("2-5.el9_5"), ["CVE-2099-0002"]);
}

#[test]
fn products_of_one_release_are_one() {
    let record = r#"{"id":"RHSA-2099:1","upstream":["CVE-2099-0001"],"affected":[
        {"package":{"ecosystem":"Red Hat:enterprise_linux:9::baseos","name":"alpha"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"0:2-1.el9"}]}]}]}"#;
    let mut importer = Importer::new(NOW);
    importer.add_osv_json("record", record.as_bytes()).unwrap();
    let package = vigie_model::package::Package { ecosystem: "Red Hat:9.4".into(), ..packages("x alpha 1-1.el9").remove(0) };
    let matches = built(importer).match_packages(&[package]).unwrap();
    assert_eq!(matches[0].fixed.as_deref(), Some("0:2-1.el9"));
}

#[test]
fn a_range_that_github_left_open_ends_where_it_says() {
    let record = |range: &str| {
        format!(
            r#"{{"id":"GHSA-aaaa","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}}]}}],
                "database_specific":{{"last_known_affected_version_range":"{range}"}}}}]}}"#
        )
    };
    for (range, affected) in [("<= 1.2.3", true), ("< 1.2.3", false), ("= 1.2.3", true)] {
        let mut importer = Importer::new(NOW);
        importer.add_osv_json("record", record(range).as_bytes()).unwrap();
        let data = built(importer);
        let found = |version: &str| !data.match_packages(&packages(&format!("npm a {version}"))).unwrap().is_empty();
        assert_eq!(found("1.2.3"), affected, "{range}");
        assert_eq!(found("1.2.4"), range.starts_with('='), "{range}: an end that is not understood leaves it open");
    }
}

#[test]
fn every_ecosystem_of_osv_is_matched() {
    let data = data(
        "GHSA-1 - Maven org.a:b ..2.0-rc1
         GHSA-2 - RubyGems a ..2.0.0.rc1
         GHSA-3 - NuGet A.B ..2.0.0-rc.1
         GHSA-4 - Packagist a/b ..2.0-RC1
         GHSA-5 - Pub a ..2.0.0
         GHSA-6 - Hex a ..2.0.0
         GHSA-7 - SwiftURL github.com/a/b ..2.0.0
         HSEC-1 - Hackage a ..2.0
         RSEC-1 - CRAN a ..2.0
         BIT-1 - Bitnami a ..2.0.0
         X-1 - ConanCenter a ..2.0
         X-2 - openSUSE:Leap_15.6 a ..2-1"
            .replace("Leap_", "Leap-")
            .as_str(),
    );
    for (package, hit) in [
        ("Maven org.a:b 2.0-beta2", true),
        ("Maven org.a:b 2.0", false),
        ("RubyGems a 2.0.0.beta9", true),
        ("RubyGems a 2.0.0", false),
        ("NuGet a.b 2.0.0-BETA", true),
        ("Packagist A/B 2.0-beta", true),
        ("Packagist a/b v2.0.0", false),
        ("Pub a 1.9.9+1", true),
        ("Hex a 1.9.9", true),
        ("SwiftURL https://github.com/A/B.git 1.0.0", true),
        ("Hackage a 1.9.9", true),
        ("CRAN a 1.9-9", true),
        ("Bitnami a 2.0.0-3", false),
        ("ConanCenter a 1.9", true),
        ("openSUSE:Leap-15.6 a 2~rc1-1", true),
    ] {
        assert_eq!(!data.match_packages(&packages(package)).unwrap().is_empty(), hit, "{package}");
    }
}

#[test]
fn components_keep_their_paths_and_those_of_packages_are_left_out() {
    let data = data("GHSA-aaaa CVE-2099-0001 npm a ..2.0.0\nMAL-2099-1 - npm evil ..");
    let component = |line: &str, path: &str| Component::new(packages(line).remove(0), path);
    let owned = Component { owned_by: Some("node-a".into()), ..component("npm a 1.0.0", "usr/share/nodejs/a/package.json") };
    let components = [
        component("npm a 1.0.0", "app/node_modules/b/node_modules/a/package.json"),
        component("npm a 1.0.0", "app/node_modules/a/package.json"),
        component("npm a 1.5.0", "srv/node_modules/a/package.json"),
        component("npm a 2.0.0", "opt/node_modules/a/package.json"),
        component("npm evil 1.0.0", "app/node_modules/evil/package.json"),
        owned.clone(),
    ];
    let matches = data.match_components(&components).unwrap();
    let asset = Asset::new(AssetKind::Image, "k", "n");
    let occurrences = data.occurrences(&matches, &asset).unwrap();
    let places: Vec<&str> = occurrences[0].evidence.iter().map(|evidence| evidence.place.as_str()).collect();
    assert_eq!(
        places,
        ["app/node_modules/a/package.json", "app/node_modules/b/node_modules/a/package.json", "srv/node_modules/a/package.json"]
    );
    assert_eq!(
        (occurrences[0].identity.kind, occurrences[0].identity.locator.text().as_str()),
        (FindingKind::Vulnerability, "pkg:npm/a")
    );
    assert_eq!((occurrences[1].identity.kind, occurrences[1].severity), (FindingKind::Malware, Severity::Critical));
    assert_eq!(data.match_components(&[owned]).unwrap(), []);
}

#[test]
fn files_of_no_known_format_are_reported() {
    let mut importer = Importer::new(NOW);
    for bytes in [&b"<html>"[..], b"", br#"{"bomFormat":"CycloneDX"}"#] {
        let report = importer.add("file", Cursor::new(bytes), &mut |_| {}).unwrap();
        assert_eq!((report.used, report.broken), (0, 1), "{bytes:?}");
    }
}
