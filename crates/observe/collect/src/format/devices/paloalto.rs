//! Palo Alto Networks PAN-OS: comma-separated records, one order of columns for each type.
//!
//! `1,2026/11/21 08:30:00,0123456789,TRAFFIC,end,2560,2026/11/21 08:30:00,10.0.0.1,192.0.2.7,…`, after
//! the "Syslog Field Descriptions" of PAN-OS 8.1 to 11.2. Newer releases only add columns at the end, so
//! a record of any release is read as far as it goes. A type that is not known keeps its columns by number.

use super::clock;
use super::facts::{self, To, put, put_by, set_verdict, severity};
use crate::header::Line;
use crate::meaning::Meaning;
use std::borrow::Cow;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, device_config_state_change, http_activity, network_activity, tunnel_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "paloalto";

/// Most columns of a record.
const COLUMNS_MAX: usize = 192;

/// The columns from the eighth on; `` is one of no use.
const TRAFFIC: &str = "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset  sessionid repeatcnt sport dport natsport natdport flags proto action bytes bytes_sent bytes_received packets start elapsed category  seqno actionflags srcloc dstloc  pkts_sent pkts_received session_end_reason dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name action_source src_uuid dst_uuid tunnelid monitortag parent_session_id parent_start_time tunnel assoc_id chunks chunks_sent chunks_received rule_uuid http2_connection link_change_count policy_id link_switches sdwan_cluster sdwan_device_type sdwan_cluster_type sdwan_site dynusergroup_name xff_ip src_category src_profile src_model src_vendor src_osfamily src_osversion src_host src_mac dst_category dst_profile dst_model dst_vendor dst_osfamily dst_osversion dst_host dst_mac container_id pod_namespace pod_name src_edl dst_edl hostid serialnumber src_dag dst_dag session_owner high_res_timestamp nssai_sst nssai_sd subcategory_of_app category_of_app technology_of_app risk_of_app characteristic_of_app container_of_app tunneled_app is_saas_of_app sanctioned_state_of_app offloaded flow_type cluster_name";
const THREAT: &str = "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset  sessionid repeatcnt sport dport natsport natdport flags proto action misc threatid category severity direction seqno actionflags srcloc dstloc  contenttype pcap_id filedigest cloud url_idx user_agent filetype xff referer sender subject recipient reportid dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name  src_uuid dst_uuid http_method tunnelid monitortag parent_session_id parent_start_time tunnel thr_category contentver  assoc_id ppid http_headers url_category_list rule_uuid http2_connection dynusergroup_name xff_ip src_category src_profile src_model src_vendor src_osfamily src_osversion src_host src_mac dst_category dst_profile dst_model dst_vendor dst_osfamily dst_osversion dst_host dst_mac container_id pod_namespace pod_name src_edl dst_edl hostid serialnumber domain_edl src_dag dst_dag partial_hash high_res_timestamp reason justification nssai_sst subcategory_of_app category_of_app technology_of_app risk_of_app characteristic_of_app container_of_app tunneled_app is_saas_of_app sanctioned_state_of_app cloud_reportid cluster_name flow_type";
const SYSTEM: &str = "vsys eventid object   module severity opaque seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name   high_res_timestamp";
const CONFIG: &str = "host vsys cmd admin client result path seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name dg_id comment  high_res_timestamp";
const GLOBALPROTECT: &str = "vsys eventid stage auth_method tunnel_type srcuser srcregion machinename public_ip public_ipv6 private_ip private_ipv6 hostid serialnumber client_ver client_os client_os_ver repeatcnt reason error opaque status location login_duration connect_method error_code portal seqno actionflags high_res_timestamp selection_type response_time priority attempted_gateways gateway dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id cluster_name";
const USERID: &str = "vsys ip user datasourcename eventid repeatcnt timeout beginport endport datasource datasourcetype seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id factortype factorcompletiontime factorno   ugflags userbysource tag_name high_res_timestamp origindatasource  cluster_name";
const HIPMATCH: &str = "srcuser vsys machinename os src matchname repeatcnt matchtype   seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id srcipv6 hostid serialnumber mac high_res_timestamp cluster_name";
const AUTHENTICATION: &str = "vsys ip user normalize_user object authpolicy repeatcnt authid vendor logset serverprofile desc clienttype event factorno seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id authproto rule_uuid high_res_timestamp src_category src_profile src_model src_vendor src_osfamily src_osversion src_host src_mac region  user_agent session_id cluster_name";
const DECRYPTION: &str = "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset time_received sessionid repeatcnt sport dport natsport natdport flags proto action tunnel   src_uuid dst_uuid rule_uuid hs_stage_c2f hs_stage_f2s tls_version tls_keyxchg tls_enc tls_auth policy_name ec_curve err_index root_status chain_status proxy_type cert_serial fingerprint notbefore notafter cert_ver cert_size cn_len issuer_len rootcn_len sni_len cert_flags cn issuer_cn root_cn sni error container_id pod_namespace pod_name src_edl dst_edl src_dag dst_dag";
const TUNNEL: &str = "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset  sessionid repeatcnt sport dport natsport natdport flags proto action severity seqno actionflags srcloc dstloc dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name tunnelid monitortag parent_session_id parent_start_time tunnel bytes bytes_sent bytes_received packets pkts_sent pkts_received max_encap unknown_proto strict_check tunnel_fragment sessions_created sessions_closed session_end_reason action_source start elapsed tunnel_insp_rule remote_user_ip remote_user_id rule_uuid pcap_id dynusergroup_name src_edl dst_edl high_res_timestamp";
const SCTP: &str = "src dst   rule   vsys vsys_name from to inbound_if outbound_if logset  sessionid repeatcnt sport dport    proto action dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name seqno  assoc_id ppid severity sctp_chunk_type  verif_tag_1 verif_tag_2 sctp_cause_code diam_app_id diam_cmd_code diam_avp_code stream_id assoc_end_reason op_code sccp_calling_ssn sccp_calling_gt sctp_filter chunks chunks_sent chunks_received packets pkts_sent pkts_received rule_uuid high_res_timestamp";
const IPTAG: &str = "vsys ip tag_name event_id repeatcnt timeout datasourcename datasource_type datasource_subtype seqno actionflags dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id high_res_timestamp";
const CORRELATION: &str = "src srcuser vsys category severity dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name vsys_id objectname object_id evidence";
const GTP: &str = "src dst   rule   app vsys from to inbound_if outbound_if logset  sessionid  sport dport    proto action event_type msisdn apn rat msg_type end_ip_addr teid1 teid2 gtp_interface cause_code severity mcc mnc area_code cell_id event_code   srcloc dstloc imsi imei    start elapsed tunnel_insp_rule remote_user_ip remote_user_id rule_uuid pcap_id high_res_timestamp";

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("admin", facts::ACTOR),
    ("app", facts::APPLICATION),
    ("bytes", facts::BYTES),
    ("bytes_received", facts::BYTES_IN),
    ("bytes_sent", facts::BYTES_OUT),
    ("cmd", facts::COMMAND),
    ("desc", facts::MESSAGE),
    ("device_name", facts::DEVICE),
    ("dport", facts::DESTINATION_PORT),
    ("dst", To::Destination),
    ("dst_host", facts::DESTINATION_NAME),
    ("dst_mac", facts::DESTINATION_MAC),
    ("elapsed", To::Seconds),
    ("error", facts::DETAIL),
    ("eventid", facts::CODE),
    ("filedigest", facts::FILE_HASH),
    ("filetype", To::Any(&[field::FILE_TYPE.id()])),
    ("from", facts::SOURCE_ZONE),
    ("host", To::Source),
    ("http_method", facts::METHOD),
    ("inbound_if", facts::SOURCE_INTERFACE),
    ("ip", To::Source),
    ("machinename", facts::SOURCE_NAME),
    ("opaque", facts::MESSAGE),
    ("outbound_if", facts::DESTINATION_INTERFACE),
    ("packets", facts::PACKETS),
    ("pkts_received", facts::PACKETS_IN),
    ("pkts_sent", facts::PACKETS_OUT),
    ("proto", To::Protocol),
    ("public_ip", To::Source),
    ("public_ipv6", To::Source),
    ("reason", facts::DETAIL),
    ("recipient", facts::MAIL_TO),
    ("referer", facts::REFERRER),
    ("repeatcnt", facts::COUNT),
    ("rule", facts::RULE),
    ("rule_uuid", facts::RULE_ID),
    ("sender", facts::MAIL_FROM),
    ("session_end_reason", facts::DETAIL),
    ("sessionid", facts::SESSION),
    ("severity", To::Nothing),
    ("sni", To::Any(&[field::TLS_SNI.id()])),
    ("sport", facts::SOURCE_PORT),
    ("src", To::Source),
    ("src_host", facts::SOURCE_NAME),
    ("src_mac", facts::SOURCE_MAC),
    ("srcuser", facts::USER),
    ("subject", facts::SUBJECT),
    ("thr_category", facts::KIND),
    ("threatid", facts::TITLE),
    ("tls_version", To::Any(&[field::TLS_VERSION.id()])),
    ("to", facts::DESTINATION_ZONE),
    ("user", facts::USER),
    ("user_agent", facts::AGENT),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads a record, if its fourth column is one of PAN-OS's types.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let columns = columns(text);
    let column = |place: usize| columns.get(place).map_or("", |value| value.trim());
    let (kind, sub) = (column(3), column(4));
    let names = match kind {
        "TRAFFIC" => TRAFFIC,
        "THREAT" | "URL" | "WILDFIRE" | "DATA" => THREAT,
        "SYSTEM" => SYSTEM,
        "CONFIG" => CONFIG,
        "GLOBALPROTECT" => GLOBALPROTECT,
        "USERID" => USERID,
        "HIPMATCH" | "HIP-MATCH" => HIPMATCH,
        "AUTHENTICATION" | "AUTH" => AUTHENTICATION,
        "DECRYPTION" => DECRYPTION,
        "TUNNEL" => TUNNEL,
        "SCTP" => SCTP,
        "IPTAG" => IPTAG,
        "CORRELATION" => CORRELATION,
        "GTP" => GTP,
        "AUDIT" => "",
        _ => return None,
    };
    let named = |name: &str| names.split(' ').position(|known| known == name).map_or("", |place| column(place + 7));
    let (class, activity) = class(kind, sub, named("eventid"), named("opaque"));
    // A record that was cut says nothing of a connection.
    let is_cut = class == Class::NetworkActivity && named("src").is_empty() && named("dst").is_empty();
    let (class, activity) = if is_cut { (Class::BaseEvent, base_event::OTHER) } else { (class, activity) };
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Palo Alto Networks").set(field::METADATA_PRODUCT_NAME, "PAN-OS");
    meaning.set_text(field::METADATA_LOG_NAME, kind).set_text(field::DEVICE_UID, column(2));
    meaning.keep_text("subtype", sub);
    // What is said with a zone, else when the record was made, else when it was written down.
    meaning.when = [named("high_res_timestamp"), column(6), column(1)].into_iter().find_map(time);
    meaning.severity = severity(named("severity"));
    if line.host.is_none() {
        meaning.host = Some(named("device_name")).filter(|host| !host.is_empty()).map(Into::into);
    }
    for (name, value) in names.split(' ').zip(columns.get(7..).unwrap_or_default()) {
        let value = value.trim();
        match name {
            "" | "high_res_timestamp" => {}
            _ if matches!(value, "" | "0" | "0.0.0.0" | "::" | "0x0") && name != "elapsed" => {}
            "misc" => misc(&mut meaning, sub, value),
            "severity" => drop(meaning.keep_text(name, value)),
            "http_method" => put(&mut meaning, name, &value.to_ascii_uppercase(), facts::METHOD),
            "threatid" => put(&mut meaning, name, value.rsplit_once('(').map_or(value, |(title, _)| title), facts::TITLE),
            "action" => {
                set_verdict(&mut meaning, value);
                meaning.keep_text(name, value);
            }
            _ => put_by(&mut meaning, KEYS, name, value),
        }
    }
    finish(&mut meaning, kind, sub, &named);
    Some(meaning)
}

/// `2026/11/21 08:30:00`, `2026-11-21T08:30:00.123+01:00`
fn time(text: &str) -> Option<crate::header::When> {
    let (date, time) = text.split_once(' ')?;
    clock::date_and_time(date, time, "")
}

/// Columns between commas; in quotes with `""` for one.
fn columns(text: &str) -> Vec<Cow<'_, str>> {
    let mut found = Vec::with_capacity(64);
    let mut rest = text;
    while found.len() < COLUMNS_MAX {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut from = 0;
            let end = loop {
                match quoted.get(from..).and_then(|rest| rest.find('"')).map(|at| from + at) {
                    Some(at) if quoted.as_bytes().get(at + 1) == Some(&b'"') => from = at + 2,
                    Some(at) => break at,
                    None => break quoted.len(),
                }
            };
            let (value, after) = quoted.split_at_checked(end).unwrap_or((quoted, ""));
            found.push(if value.contains("\"\"") { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) });
            match after.split_once(',') {
                Some((_, after)) => rest = after,
                None => return found,
            }
        } else if let Some((value, after)) = rest.split_once(',') {
            found.push(Cow::Borrowed(value));
            rest = after;
        } else {
            found.push(Cow::Borrowed(rest));
            return found;
        }
    }
    found
}

fn class(kind: &str, sub: &str, event: &str, text: &str) -> (Class, u8) {
    match kind {
        "TRAFFIC" | "SCTP" | "GTP" | "DECRYPTION" => (
            Class::NetworkActivity,
            match sub {
                "start" => network_activity::OPEN,
                "end" => network_activity::CLOSE,
                "drop" | "deny" => network_activity::REFUSE,
                _ => network_activity::TRAFFIC,
            },
        ),
        "TUNNEL" => (
            Class::TunnelActivity,
            match sub {
                "start" => tunnel_activity::OPEN,
                "end" => tunnel_activity::CLOSE,
                _ => tunnel_activity::OTHER,
            },
        ),
        "THREAT" | "URL" if sub == "url" || kind == "URL" => (Class::HttpActivity, http_activity::OTHER),
        "THREAT" if sub == "file" => (Class::NetworkActivity, network_activity::TRAFFIC),
        "THREAT" | "WILDFIRE" | "DATA" | "CORRELATION" => (Class::DetectionFinding, detection_finding::CREATE),
        "CONFIG" => (Class::DeviceConfigStateChange, device_config_state_change::LOG),
        "USERID" if sub == "logout" => (Class::Authentication, authentication::LOGOFF),
        "GLOBALPROTECT" if event.contains("logout") || event.contains("disconnect") => {
            (Class::Authentication, authentication::LOGOFF)
        }
        "USERID" | "GLOBALPROTECT" | "AUTHENTICATION" | "AUTH" => (Class::Authentication, authentication::LOGON),
        "SYSTEM" if sub == "auth" || event.starts_with("auth-") || event.starts_with("globalprotectportal-auth") => {
            (Class::Authentication, authentication::LOGON)
        }
        "SYSTEM" if sub == "general" && text.contains(" logged in ") => (Class::Authentication, authentication::LOGON),
        "SYSTEM" if sub == "general" && text.contains(" logged out ") => (Class::Authentication, authentication::LOGOFF),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

/// A page for what was filtered by address, a file for the rest.
fn misc(meaning: &mut Meaning, sub: &str, value: &str) {
    let is_page = sub == "url" || (value.contains('/') && sub != "file" && sub != "wildfire" && sub != "virus");
    put(meaning, "misc", value, if is_page { facts::URL } else { facts::FILE_NAME });
}

fn finish<'a>(meaning: &mut Meaning, kind: &str, sub: &str, named: &dyn Fn(&str) -> &'a str) {
    if meaning.class == Class::HttpActivity {
        super::class::method(meaning, &named("http_method").to_ascii_uppercase());
    }
    if meaning.class == Class::DetectionFinding {
        put(meaning, "subtype", sub, facts::KIND);
        let id = named("threatid").rsplit_once('(').map_or("", |(_, id)| id.trim_end_matches(')'));
        put(meaning, "threat_number", id, facts::TITLE_ID);
        put(meaning, "objectname", named("objectname"), facts::TITLE);
        if matches!(sub, "virus" | "wildfire-virus" | "wildfire" | "spyware") {
            put(meaning, "threat_name", named("threatid").split('(').next().unwrap_or_default(), facts::MALWARE);
        }
    }
    if meaning.class == Class::Authentication {
        signed_in(meaning, kind, named);
    }
    if kind == "CONFIG" {
        match named("result") {
            "Succeeded" | "Submitted" => drop(meaning.succeeded()),
            "Failed" | "Unauthorized" => drop(meaning.failed("")),
            _ => {}
        }
    }
}

/// Whether it worked, and for the system log who and from where: it is said in a sentence there.
fn signed_in<'a>(meaning: &mut Meaning, kind: &str, named: &dyn Fn(&str) -> &'a str) {
    let text = named("opaque");
    let told = match kind {
        "SYSTEM" => format!("{} {text}", named("eventid")),
        "GLOBALPROTECT" => named("status").to_owned(),
        "USERID" => "success".to_owned(),
        _ => format!("{} {}", named("event"), named("desc")),
    };
    super::class::outcome(meaning, &told);
    if kind != "SYSTEM" {
        return;
    }
    let between = super::scan::between;
    let user = between(text, "user '", "'").or_else(|| between(text, "User name: ", ",")).or_else(|| between(text, "User ", " "));
    put(meaning, "user", user.unwrap_or_default().trim_end_matches('.'), facts::USER);
    let from =
        between(text, "From: ", " ").or_else(|| between(text, " from ", " ")).or_else(|| between(text, "Source region: ", ","));
    put(meaning, "from", from.unwrap_or_default().trim_end_matches(['.', ',']), To::Source);
    meaning.set_text(
        field::STATUS_DETAIL,
        between(text, "Reason: ", ". ").or_else(|| between(text, "eason: ", "")).unwrap_or_default().trim_end_matches('.'),
    );
}
