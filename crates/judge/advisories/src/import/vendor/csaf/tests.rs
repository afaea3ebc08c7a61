//! Small documents in the form that Red Hat and SUSE write.

use super::super::tests::{Lines, check};
use super::*;
use proptest::prelude::*;

/// A product in the tree.
fn product(id: &str, helper: &str) -> String {
    format!(
        r#"{{"category":"product_version","name":"{id}","product":{{"name":"{id}","product_id":"{id}","product_identification_helper":{{{helper}}}}}}}"#
    )
}

/// A package in a release.
fn relation(package: &str, release: &str) -> String {
    format!(
        r#"{{"category":"default_component_of","full_product_name":{{"name":"x","product_id":"{release}:{package}"}},
            "product_reference":"{package}","relates_to_product_reference":"{release}"}}"#
    )
}

fn document(publisher: &str, products: &[String], relations: &[String], vulnerability: &str) -> String {
    format!(
        r#"{{"document":{{"category":"csaf_vex","csaf_version":"2.0","publisher":{{"category":"vendor","name":"x","namespace":"{publisher}"}},
            "aggregate_severity":{{"text":"moderate"}},"tracking":{{"id":"CVE-2099-0001","current_release_date":"2099-05-01T00:00:00+00:00"}}}},
            "product_tree":{{"branches":[{{"category":"vendor","name":"v","branches":[{}]}}],"relationships":[{}]}},
            "vulnerabilities":[{{"cve":"CVE-2099-0001",{vulnerability}}}]}}"#,
        products.join(","),
        relations.join(",")
    )
}

#[test]
fn reads_red_hats_vex() {
    let rhel9 = "red_hat_enterprise_linux_9";
    let products = [
        product("AppStream-9.4.0.Z.MAIN", r#""cpe":"cpe:/a:redhat:enterprise_linux:9::appstream""#),
        product("AppStream-9.2.0.Z.EUS", r#""cpe":"cpe:/a:redhat:rhel_eus:9.2::appstream""#),
        product(rhel9, r#""cpe":"cpe:/o:redhat:enterprise_linux:9""#),
        product("red_hat_openshift_4", r#""cpe":"cpe:/a:redhat:openshift:4""#),
        product("alpha-1:3.0-27.el9_4.x86_64", r#""purl":"pkg:rpm/redhat/alpha@3.0-27.el9_4?arch=x86_64&epoch=1""#),
        product("alpha-1:3.0-25.el9_2.x86_64", r#""purl":"pkg:rpm/redhat/alpha@3.0-25.el9_2?arch=x86_64&epoch=1""#),
        product("beta", r#""purl":"pkg:rpm/redhat/beta?arch=src""#),
        product("gamma", ""),
        product("delta", ""),
        product("epsilon", ""),
        product("image", r#""purl":"pkg:oci/image@sha256:00""#),
    ];
    let relations = [
        relation("alpha-1:3.0-27.el9_4.x86_64", "AppStream-9.4.0.Z.MAIN"),
        relation("alpha-1:3.0-25.el9_2.x86_64", "AppStream-9.2.0.Z.EUS"),
        relation("beta", rhel9),
        relation("gamma", rhel9),
        relation("delta", rhel9),
        relation("epsilon", rhel9),
        relation("beta", "red_hat_openshift_4"),
        relation("image", rhel9),
    ];
    let vulnerability = r#"
        "title":"alpha: breaks","notes":[{"category":"description","text":"A flaw."}],"release_date":"2099-04-01T00:00:00+00:00",
        "product_status":{
            "fixed":["AppStream-9.4.0.Z.MAIN:alpha-1:3.0-27.el9_4.x86_64","AppStream-9.2.0.Z.EUS:alpha-1:3.0-25.el9_2.x86_64"],
            "known_affected":["red_hat_enterprise_linux_9:beta","red_hat_enterprise_linux_9:delta","red_hat_openshift_4:beta","red_hat_enterprise_linux_9:image"],
            "known_not_affected":["red_hat_enterprise_linux_9:gamma"],
            "under_investigation":["red_hat_enterprise_linux_9:epsilon"]},
        "remediations":[
            {"category":"workaround","details":"Do not.","product_ids":["red_hat_enterprise_linux_9:beta"]},
            {"category":"no_fix_planned","details":"Will not fix","product_ids":["red_hat_enterprise_linux_9:beta"]},
            {"category":"none_available","details":"Fix deferred","product_ids":["red_hat_enterprise_linux_9:delta"]}],
        "scores":[{"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","version":"3.1"},"products":[]}],
        "threats":[{"category":"impact","details":"Important"}]"#;
    check(
        read,
        &document("https://www.redhat.com", &products, &relations, vulnerability),
        "
        CVE-2099-0001 Red Hat:9 alpha [0,1:3.0-27.el9_4) - high
        CVE-2099-0001 Red Hat:9 beta [0, will_not_fix high
        CVE-2099-0001 Red Hat:9 delta [0, postponed high
        CVE-2099-0001 Red Hat:9 epsilon [0, under_investigation high
        CVE-2099-0001 Red Hat:9 gamma  not_affected high
        CVE-2099-0001 Red Hat:eus:9.2 alpha [0,1:3.0-25.el9_2) - high
        ",
    );
}

#[test]
fn module_streams_are_kept_apart() {
    let release = "AppStream-8.9.0.Z.MAIN";
    let (module20, module18) = ("nodejs:20:8090020240228165436:a75119d5", "nodejs:18:8090020240301110609:a75119d5");
    let products = [
        product(release, r#""cpe":"cpe:/a:redhat:enterprise_linux:8::appstream""#),
        product("red_hat_enterprise_linux_8", r#""cpe":"cpe:/o:redhat:enterprise_linux:8""#),
        product(module20, r#""purl":"pkg:rpmmod/redhat/nodejs@20:8090020240228165436:a75119d5""#),
        product(module18, r#""purl":"pkg:rpmmod/redhat/nodejs@18:8090020240301110609:a75119d5""#),
        product(
            "nodejs-1:20.11.1-1.module+el8.9.0+1.x86_64",
            r#""purl":"pkg:rpm/redhat/nodejs@20.11.1-1.module%2Bel8.9.0%2B1?arch=x86_64&epoch=1""#,
        ),
        product(
            "nodejs-1:18.19.1-1.module+el8.9.0+2.x86_64",
            r#""purl":"pkg:rpm/redhat/nodejs@18.19.1-1.module%2Bel8.9.0%2B2?arch=x86_64&epoch=1""#,
        ),
        product("nodejs:16/nodejs", ""),
    ];
    let (in20, in18) = (format!("{release}:{module20}"), format!("{release}:{module18}"));
    let relations = [
        relation(module20, release),
        relation(module18, release),
        relation("nodejs-1:20.11.1-1.module+el8.9.0+1.x86_64", &in20),
        relation("nodejs-1:18.19.1-1.module+el8.9.0+2.x86_64", &in18),
        relation("nodejs:16/nodejs", "red_hat_enterprise_linux_8"),
    ];
    let vulnerability = format!(
        r#""product_status":{{"fixed":["{in20}:nodejs-1:20.11.1-1.module+el8.9.0+1.x86_64","{in18}:nodejs-1:18.19.1-1.module+el8.9.0+2.x86_64"],
            "known_affected":["red_hat_enterprise_linux_8:nodejs:16/nodejs"]}}"#
    );
    check(
        read,
        &document("https://www.redhat.com", &products, &relations, &vulnerability),
        "CVE-2099-0001 Red Hat:8 nodejs [1:18,1:18.19.1-1.module+el8.9.0+2)|[1:20,1:20.11.1-1.module+el8.9.0+1)|[1:16,1:17~) affected medium",
    );
}

#[test]
fn reads_suses_documents() {
    let products = [
        product("SUSE Linux Enterprise Module for Basesystem 15 SP5", r#""cpe":"cpe:/o:suse:sle-module-basesystem:15:sp5""#),
        product("openSUSE Leap 15.6", r#""cpe":"cpe:/o:opensuse:leap:15.6""#),
        product("libalpha3-3.1-150500.5.1.x86_64", ""),
        product("alpha", ""),
    ];
    let relations = [
        relation("libalpha3-3.1-150500.5.1.x86_64", "SUSE Linux Enterprise Module for Basesystem 15 SP5"),
        relation("libalpha3-3.1-150500.5.1.x86_64", "openSUSE Leap 15.6"),
        relation("alpha", "openSUSE Leap 15.6"),
    ];
    let vulnerability = r#""product_status":{"recommended":["SUSE Linux Enterprise Module for Basesystem 15 SP5:libalpha3-3.1-150500.5.1.x86_64",
        "openSUSE Leap 15.6:libalpha3-3.1-150500.5.1.x86_64"],"known_not_affected":["openSUSE Leap 15.6:alpha"]}"#;
    check(
        read,
        &document("https://www.suse.com/", &products, &relations, vulnerability),
        "
        CVE-2099-0001 SUSE:15.5 libalpha3 [0,3.1-150500.5.1) - medium
        CVE-2099-0001 openSUSE:Leap 15.6 alpha  not_affected medium
        CVE-2099-0001 openSUSE:Leap 15.6 libalpha3 [0,3.1-150500.5.1) - medium
        ",
    );
}

#[test]
fn documents_of_others_are_refused() {
    let said = read(document("https://other.example", &[], &[], r#""title":"x""#).as_bytes(), &mut Lines::default()).unwrap_err();
    assert_eq!(said.to_string(), "not a CSAF document of Red Hat or SUSE");
}

#[test]
fn depth_is_limited() {
    let deep = format!("{}{}", r#"{"branches":["#.repeat(100), "]}".repeat(100));
    let bytes = format!(r#"{{"document":{{"publisher":{{"name":"SUSE"}}}},"product_tree":{{"branches":[{deep}]}}}}"#);
    assert!(read(bytes.as_bytes(), &mut Lines::default()).is_err());
}

proptest! {
    #[test]
    fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
        prop_assert!(read(&bytes, &mut Lines::default()).is_err());
    }
}
