//! Drafts of real lines, as texts.

use super::*;
use crate::mapping::{Sample, test_page, try_page};

fn shown(text: &str) -> String {
    let Drafted { lines, draft } = draft(text, &Mappings::shipped(), Timestamp::EPOCH);
    let mut shown: Vec<String> = lines.iter().filter_map(|line| Some(format!("known {}", line.format.as_ref()?))).collect();
    if let Some(draft) = draft {
        shown.push(format!("{:?} {} {}", draft.kind, draft.class, draft.activity));
        shown.extend(draft.lines.iter().cloned());
        if !draft.recognise.is_empty() {
            shown.push(format!("has {}", draft.recognise.join(" ")));
        }
        shown.extend(draft.parts.iter().map(|part| format!("{}: {} → {}", part.name, part.example, part.target)));
    }
    shown.join("\n")
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(text).trim(), expected.trim(), "{text}");
}

#[test]
fn known_lines_need_no_page() {
    check("Nov 21 08:30:00 web-1 sshd[842]: Invalid user x from 192.0.2.7 port 1", "known sshd");
}

#[test]
fn text_becomes_a_pattern() {
    check(
        "2026-11-21T08:30:00Z till/3 eva paid 12.50 EUR from 192.0.2.7:4711\n2026-11-21T08:31:00Z till/4 ada paid 7 EUR from 192.0.2.8:80",
        "
Text base_event 
%{time:time} till/%{int:number} %{word:word} paid %{number:paid} EUR from %{ip:src}:%{int:port}
time: 2026-11-21T08:30:00Z → time
number: 3 → 
word: eva → 
paid: 12.50 → 
src: 192.0.2.7 → 
port: 4711 → ",
    );
    check(
        "Nov 21 08:30:00 shop-1 till[77]: login of user eva from 192.0.2.7 refused: \"bad pin\"",
        "
Text authentication logon
login of user %{word:user} from %{ip:src} refused: %{quoted:refused}
user: eva → user.name
src: 192.0.2.7 → src_endpoint.ip
refused: bad pin → ",
    );
}

#[test]
fn lines_of_several_forms_become_several_patterns() {
    let text = "door 7 opened by eva\ndoor 8 opened by ada\nlamp kitchen went off\nlamp cellar went off";
    let lines = draft(text, &Mappings::shipped(), Timestamp::EPOCH).draft.unwrap().lines;
    assert_eq!(lines, ["door %{int:door} opened by %{word:user}", "lamp %{word:lamp} went off"]);
    let scattered: String = ["one two", "three", "four five six", "seven, eight", "nine (ten)", "eleven: twelve", "so"]
        .iter()
        .map(|text| format!("2026-11-21 08:30:00 [7] {text}\n"))
        .collect();
    let lines = draft(&scattered, &Mappings::shipped(), Timestamp::EPOCH).draft.unwrap().lines;
    assert_eq!(lines, ["%{time:time} [%{int:number}] %{rest:message}"]);
}

#[test]
fn records_that_name_their_values() {
    check(
        "{\"at\":\"2026-11-21T08:30:00Z\",\"who\":{\"name\":\"eva\"},\"till_action\":\"open\",\"user\":\"eva\",\"op\":\"x\",\"level\":\"warn\"}",
        "
Json api_activity 
has who.name till_action user op
at: 2026-11-21T08:30:00Z → time
who.name: eva → 
till_action: open → 
user: eva → actor.user.name
op: x → api.operation
level: warn → severity",
    );
    check(
        "at=2026-11-21T08:30:00Z method=GET path=/x status=200 ip=192.0.2.7\nat=2026-11-21T08:30:01Z method=GET path=/y status=404 ip=192.0.2.7 why=\"not there\"",
        "
Pairs http_activity 
has method path status ip
at: 2026-11-21T08:30:00Z → time
method: GET → http_request.http_method
path: /x → http_request.url.path
status: 200 → http_response.code
ip: 192.0.2.7 → src_endpoint.ip
why: not there → status_detail",
    );
}

#[test]
fn a_draft_is_a_page_that_reads_its_lines() {
    for text in [
        "2026-11-21T08:30:00Z till/3 eva paid 12.50 EUR from 192.0.2.7:4711 100% \"a'b\"\n2026-11-21T08:31:00Z till/4 ada paid 7 EUR from 192.0.2.8:80 100% \"c\"",
        "Nov 21 08:30:00 shop-1 till[77]: login of user eva from 192.0.2.7 refused: \"bad pin\"",
        "{\"at\":\"2026-11-21T08:30:00Z\",\"who\":{\"name\":\"eva\"},\"till action\":\"open\",\"op\":\"x\"}",
        "till_at=2026-11-21T08:30:00Z till=7 op=x user=\"eva m\"",
        "nothing changes here",
    ] {
        let drafted = draft(text, &Mappings::shipped(), Timestamp::EPOCH).draft.unwrap();
        let form = Draft { title: "Ti\"ll\\".into(), format: "till".into(), ..drafted };
        let page = form.to_page(&[]);
        let tried = try_page(&page, text, Timestamp::EPOCH).unwrap();
        assert!(tried.iter().all(|tried| tried.is_by_page), "{page}\n{tried:?}");
        let samples: Vec<Sample> = tried.iter().map(|tried| Sample::of(&tried.event)).collect();
        let page = form.to_page(&samples);
        assert_eq!(test_page(&page, Timestamp::EPOCH).unwrap(), (samples.len(), vec![]), "{page}");
        let again = Draft::of_page(&page).unwrap();
        let records: Vec<&str> = text.lines().collect();
        assert_eq!(again.to_page(&samples), page);
        assert_eq!(again.with_values_of(&records).title, form.title);
    }
}

#[test]
fn what_a_form_cannot_say_is_no_form() {
    let page = "title = \"T\"\nformat = \"t\"\nclass = \"base_event\"\nline = \"%{word:a}\"\n";
    assert!(Draft::of_page(page).is_some());
    for more in [
        "# why\n",
        "severity = { from = \"a\", table = { x = \"high\" } }\n",
        "pattern = \"(?<b>x)\"\n",
        "[labels]\nteam = \"a\"\n",
    ] {
        assert_eq!(Draft::of_page(&format!("{page}{more}")), None, "{more}");
    }
}

#[test]
fn says_why_a_record_is_not_read() {
    let page = |more: &str| format!("title = \"T\"\nformat = \"t\"\nclass = \"base_event\"\n{more}");
    assert_eq!(why(&page("line = \"a %{int:b} c\""), "a 7 d"), Why::Stops { at: 4, wanted: "c".into() });
    let has = page("[[recognise]]\nhas = [\"a.b\", \"c\"]");
    assert_eq!(why(&has, "{\"a\":{\"b\":1}}"), Why::Lacks("c".into()));
    assert_eq!(why(&has, "x"), Why::NoJson);
    assert_eq!(why(&page("records_are = \"pairs\"\n[[recognise]]\nhas = [\"a\", \"b\"]"), "a=1 c=2"), Why::Lacks("b".into()));
}
