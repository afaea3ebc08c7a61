use super::*;
use crate::testing::{at, sign_in, unparsed};
use proptest::prelude::*;
use vigie_kit::problem::Explain;
use vigie_model::ids::EventId;
use vigie_model::lang::Lang;

fn event() -> StoredEvent {
    let mut event = sign_in(at("2026-11-21T08:30:15Z"), "web-1", "Eva", "10.0.0.7");
    event.unmapped.push("SeqNo", "17");
    StoredEvent { id: EventId(42), event }
}

/// Each line is a query and whether it finds the event above.
const CASES: &str = r#"
yes |
yes | *
yes | failed password
yes | "failed PASSWORD for eva"
no  | "password failed"
yes | fail*50122
no  | fail*ssh3
no  | fail
yes | fail*
yes | *ailed
no  | passwor
yes | "password for eva"
no  | "password for ev"
yes | 10.0.0.7
no  | 0.0.0.70
yes | user:eva
no  | user:ev
yes | user:e?a
yes | user:(root OR eva)
yes | user:(root OR e*) NOT user:root
no  | NOT user:eva
yes | NOT user:root
yes | user.name:eva
yes | USER:EVA
yes | host:web-* format:sshd source:journald
no  | host:db-*
yes | host:web-1 AND (user:root OR ip:10.0.0.0/8)
yes | ip:10.0.0.7
no  | ip:10.0.0.8
yes | ip:[10.0.0.1 TO 10.0.0.9]
no  | ip:{10.0.0.7 TO 10.0.0.9]
yes | ip:>10.0.0.6
yes | ip:10.0.*
no  | ip:2001:db8::/32
yes | ip:(fe80:1::2 OR 10.0.0.7)
yes | time:(<2026-11-20 OR >2026-11-21T08:29Z)
yes | time:2026-11-21T09:30+01:00
yes | src:10.0.0.7
yes | port:50122
yes | port:>1024
no  | port:<1024
yes | port:[50122 TO *]
no  | port:{50122 TO *}
yes | port:0xc3ca
yes | is_remote:true
no  | is_remote:no
no  | container:*
yes | NOT container:*
yes | user:*
yes | severity:low
no  | severity:>=medium
yes | severity:>informational
yes | severity:2
yes | class:authentication
yes | class:3002
yes | class:auth*
no  | class:process_activity
yes | activity:logon
yes | activity:1
no  | activity:logoff
yes | time:2026-11-21
yes | time:2026-11-21T08:30
no  | time:2026-11-21T08:31
yes | time:>=2026-11-21T08:30:15Z
no  | time:>2026-11-21
yes | time:[2026-11-20 TO 2026-11-21]
yes | received:2026-11-21T08:30
yes | id:42
no  | id:>42
yes | raw:"from 10.0.0.7 port"
yes | unmapped.seqno:17
yes | unmapped.*:1?
no  | unmapped.other:17
yes | user:[d TO f]
no  | user:[f TO *]
yes | user:<=EVA
yes | service.name:"sshd"
no  | service.name:"ssh*"
yes | root OR user:root OR eva
no  | root OR eva AND root
yes | (root OR eva) AND NOT (root)
yes | NOT NOT eva
"#;

#[test]
fn queries_find_what_the_page_says() {
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let (expected, query) = line.split_once('|').unwrap();
        let parsed = Query::parse(query.trim()).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(parsed.matches(&event()), expected.trim() == "yes", "{query}");
    }
}

/// Each line is a query, the place of its error, and the words that are said in English.
const ERRORS: &str = r"
usr:root | 0 | there is no field `usr`
user: | 5 | `user:` has no value
(user:root | 0 | this parenthesis is not closed
user:root) | 9 | this parenthesis closes nothing
port:http | 5 | `http` is not a whole number
port:4* | 5 | a wildcard has no place here
ip:[10.0.0.1 TO web] | 3 | `web` is not an address
src_endpoint.ip:web-1 | 16 | `web-1` is not an address
severity:bad | 9 | `bad` is not a severity of an event
class:nothing | 6 | `nothing` is not a class of OCSF
activity:nothing | 9 | no class has an activity `nothing`
time:yesterday | 5 | `yesterday` is not a time
is_remote:maybe | 10 | `maybe` is neither true nor false
user:[a TO | 5 | this range is not complete
AND root | 0 | `AND` stands where a condition is expected
root OR | 5 | the query ends where a condition is expected
root AND OR x | 9 | `OR` stands where a condition is expected
class:>3 | 7 | this field has no order to compare by
";

#[test]
fn errors_say_where_and_what() {
    for line in ERRORS.lines().filter(|line| !line.is_empty()) {
        let [query, place, said] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let error = Query::parse(query).unwrap_err();
        assert_eq!((error.at, error.said.en.as_str()), (place.parse().unwrap(), said), "{query}");
    }
    let quote = Query::parse("a \"b").unwrap_err();
    assert_eq!((quote.at, quote.said.get(Lang::De)), (2, "dieses Anführungszeichen wird nicht geschlossen"));
}

#[test]
fn an_error_explains_itself_in_three_languages() {
    let told = |lang| Query::parse("usr:root").unwrap_err().explain().told(lang);
    assert!(
        told(Lang::En).starts_with("there is no field `usr` (at character 1)\nhint: did you mean `user`?"),
        "{}",
        told(Lang::En)
    );
    assert!(told(Lang::Fr).contains("vouliez-vous dire `user` ?"));
    assert!(told(Lang::De).contains("meinten Sie `user`?"));
}

#[test]
fn addresses_and_links_are_texts() {
    let row = |raw: &str| StoredEvent { id: EventId(1), event: unparsed(at("2026-11-21T08:00:00Z"), raw.as_bytes()) };
    for text in ["fe80::1", "http://example.org/x", "12:30:01", "::1"] {
        assert!(Query::parse(text).unwrap().matches(&row(text)), "{text}");
    }
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_is_found() {
    let mut event = event();
    event.event.set(vigie_model::event::ocsf::field::SRC_ENDPOINT_IP, "::ffff:192.0.2.1");
    assert!(Query::parse("ip:192.0.2.0/24").unwrap().matches(&event));
    assert!(Query::parse("ip:::ffff:192.0.2.1").unwrap().matches(&event));
}

#[test]
fn limits_hold() {
    assert!(Query::parse(&"(".repeat(60)).is_err());
    assert!(Query::parse(&"NOT ".repeat(60)).is_err());
    assert!(Query::parse(&"a ".repeat(1500)).is_err());
    assert!(Query::parse(&"a".repeat(5000)).is_err());
    assert!(Query::parse(&"é".repeat(4096)).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        drop(Query::parse(&text));
    }

    #[test]
    fn no_words_make_the_parser_panic(words in proptest::collection::vec(
        proptest::sample::select(&["AND", "OR", "NOT", "(", ")", "user:", "port:", ">", "[1 TO 2]", "*", "a", "\"", "[", "time:", "\\"][..]), 0..12)
    ) {
        let event = event();
        for separator in ["", " "] {
            let found = Query::parse(&words.join(separator)).map(|query| query.matches(&event));
            prop_assert!(found.is_ok() || found.is_err());
        }
    }

    #[test]
    fn quoted_text_is_found_as_it_is(text in "\\PC{1,20}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let event = StoredEvent { id: EventId(1), event: unparsed(at("2026-11-21T08:00:00Z"), format!("<{text}>").as_bytes()) };
        prop_assert!(Query::parse(&quoted).unwrap().matches(&event), "{}", quoted);
    }
}
