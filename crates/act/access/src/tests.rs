//! The door as a person meets it.

use crate::audit::Verified;
use crate::permission::{Permission, Role};
use crate::sessions::{ABSOLUTE_S, IDLE_S};
use crate::*;
use std::sync::Arc;
use vigie_db::params;
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

const PASSPHRASE: &str = "horloge tambour nuage vif";

fn client() -> Client {
    Client { address: "127.0.0.1".into(), agent: "test".into() }
}

fn empty_house() -> (Access, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
    (Access::open(Db::in_memory().unwrap(), clock.clone()).unwrap(), clock)
}

fn house_of_ada() -> (Access, Arc<FakeClock>, SignedIn) {
    let (access, clock) = empty_house();
    let token = access.new_set_up_token().unwrap();
    let signed_in = access.set_up(token.reveal(), "ada", PASSPHRASE, Lang::Fr, &client()).unwrap();
    (access, clock, signed_in)
}

fn code_at(secret: &str, now: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(now.seconds() as u64).to_string()
}

#[test]
fn the_set_up_link_works_once() {
    let (access, _clock) = empty_house();
    assert!(access.needs_set_up().unwrap());
    let old = access.new_set_up_token().unwrap();
    let token = access.new_set_up_token().unwrap();
    let try_with = |token: &str| access.set_up(token, "ada", PASSPHRASE, Lang::En, &client());
    assert!(matches!(try_with(old.reveal()), Err(AccessError::SetUpLink)));
    assert!(matches!(access.set_up(token.reveal(), "ada", "too short", Lang::En, &client()), Err(AccessError::Passphrase(_))));
    let signed_in = try_with(token.reveal()).unwrap();
    assert_eq!(signed_in.session.account.name, "ada");
    assert!(matches!(try_with(token.reveal()), Err(AccessError::SetUpDone)));
    assert!(!access.needs_set_up().unwrap());
    assert!(matches!(access.new_set_up_token(), Err(AccessError::SetUpDone)));
}

#[test]
fn an_old_link_is_dead() {
    let (access, clock) = empty_house();
    let token = access.new_set_up_token().unwrap();
    clock.advance(24 * 3600);
    let late = access.set_up(token.reveal(), "ada", PASSPHRASE, Lang::En, &client());
    assert!(matches!(late, Err(AccessError::SetUpLink)));
}

#[test]
fn sessions_open_idle_out_and_end() {
    let (access, clock, first) = house_of_ada();
    let second = access.sign_in("ada", PASSPHRASE, None, &client()).unwrap();
    let account = second.session.account.clone();
    assert_eq!(account.language, Lang::Fr);
    assert_eq!(access.sessions(account.id).unwrap().len(), 2);
    access.end_session(&account, &first.session.id).unwrap();
    assert!(access.session(first.token.reveal()).unwrap().is_none());
    assert!(matches!(access.end_session(&account, &first.session.id), Err(AccessError::NoSession)));
    clock.advance(IDLE_S - 1);
    assert!(access.session(second.token.reveal()).unwrap().is_some());
    clock.advance(IDLE_S);
    assert!(access.session(second.token.reveal()).unwrap().is_none());
    assert!(access.session("no such token").unwrap().is_none());
    assert_eq!(access.forget_ended_sessions().unwrap(), 1);
}

#[test]
fn a_session_in_constant_use_still_ends() {
    let (access, clock, signed_in) = house_of_ada();
    let mut alive_s = 0;
    while access.session(signed_in.token.reveal()).unwrap().is_some() {
        clock.advance(3600);
        alive_s += 3600;
    }
    assert_eq!(alive_s, ABSOLUTE_S);
}

#[test]
fn guessing_is_slowed_down_and_not_for_good() {
    let (access, clock, _) = house_of_ada();
    let guess = || access.sign_in("ada", "wrong wrong wrong", None, &client());
    for _ in 0..4 {
        assert!(matches!(guess(), Err(AccessError::Wrong)));
    }
    let right = || access.sign_in("ada", PASSPHRASE, None, &client());
    assert!(matches!(right(), Err(AccessError::Throttled { wait_s: 1 })));
    clock.advance(1);
    assert!(right().is_ok());
    assert!(matches!(access.sign_in("eve", "whatever it may be", None, &client()), Err(AccessError::Wrong)));
}

#[test]
fn a_one_time_code_is_asked_for_and_used_once() {
    let (access, clock, signed_in) = house_of_ada();
    let account = signed_in.session.account;
    assert!(matches!(access.begin_totp(&account, "wrong"), Err(AccessError::Wrong)));
    assert!(matches!(access.confirm_totp(&account, "123456"), Err(AccessError::NoEnrolment)));
    let enrolment = access.begin_totp(&account, PASSPHRASE).unwrap();
    let now = Timestamp::parse("2026-11-21T08:00:00Z").unwrap();
    let recovery = access.confirm_totp(&account, &code_at(&enrolment.secret, now)).unwrap();
    assert_eq!(recovery.len(), 10);
    let sign_in = |code: Option<&str>| access.sign_in("ada", PASSPHRASE, code, &client());
    assert!(matches!(sign_in(None), Err(AccessError::CodeRequired)));
    assert!(matches!(sign_in(Some(&code_at(&enrolment.secret, now))), Err(AccessError::Wrong)), "used to enrol");
    clock.advance(60);
    let later = code_at(&enrolment.secret, now.plus_seconds(60));
    assert!(sign_in(Some(&later)).unwrap().session.account.totp);
    assert!(matches!(sign_in(Some(&later)), Err(AccessError::Wrong)), "used before");
    assert!(sign_in(Some(&recovery[3])).is_ok());
    assert!(matches!(sign_in(Some(&recovery[3])), Err(AccessError::Wrong)), "used before");
    access.remove_totp(&account, PASSPHRASE).unwrap();
    assert!(sign_in(None).is_ok());
}

#[test]
fn the_audit_trail_shows_what_was_tampered_with() {
    let (access, _clock, _) = house_of_ada();
    for n in 0..5 {
        let entry = audit::Entry { who: "ada".into(), what: "decide".into(), on: n.to_string(), detail: "{}".into() };
        access.note(&entry).unwrap();
    }
    let Verified::Whole { entries, head } = access.verify_audit().unwrap() else { panic!("whole") };
    assert_eq!(entries, 6);
    assert_eq!(audit::newest(&access.db, 1).unwrap()[0].entry.on, "4");
    assert_ne!(head, [0; 32]);
    access.db.write(|w| w.execute("UPDATE audit SET who = 'eve' WHERE number = $1", params![3])).unwrap();
    assert_eq!(access.verify_audit().unwrap(), Verified::Broken { at_number: 3 });
    access.db.write(|w| w.execute("DELETE FROM audit WHERE number = $1", params![2])).unwrap();
    assert_eq!(access.verify_audit().unwrap(), Verified::Broken { at_number: 2 });
}

fn new_token(name: &str, permissions: &[Permission], days: u32) -> NewApiToken {
    NewApiToken { name: name.into(), permissions: permissions.iter().copied().collect(), days }
}

#[test]
fn a_token_of_a_program_opens_until_it_ends_or_is_revoked() {
    let (access, clock) = empty_house();
    let make =
        |name: &str, days| access.create_api_token(&new_token(name, &[Permission::SendScans], days), "ada", Role::Administrator);
    let (bearer, made) = make("ci", 1).unwrap();
    assert!(matches!(make("ci", 1), Err(AccessError::TokenNameTaken)));
    let open = || access.api_token(bearer.reveal(), &client());
    assert_eq!(open().unwrap().used_at, Some(access.clock.now()));
    assert_eq!(open().unwrap().permissions, [Permission::SendScans].into());
    clock.advance(86_400);
    assert!(matches!(open(), Err(AccessError::TokenExpired)));
    assert!(make("ci", 1).is_ok(), "its name is free again");

    let (bearer, made_later) = make("other", DAYS_MAX).unwrap();
    assert!(access.api_token(bearer.reveal(), &client()).is_ok());
    assert_eq!(access.revoke_api_token("other", "ada").unwrap().id, made_later.id);
    for _ in 0..10 {
        assert!(matches!(access.api_token(bearer.reveal(), &client()), Err(AccessError::TokenRevoked)));
    }
    assert!(matches!(access.revoke_api_token(&made_later.id, "ada"), Err(AccessError::NoToken)));
    assert!(access.revoke_api_token(&made.id, "ada").is_ok(), "one that has expired can be revoked all the same");
    let trail: Vec<String> = audit::newest(&access.db, 20).unwrap().into_iter().map(|stored| stored.entry.what).collect();
    let expected =
        ["revoke_token", "token_refused", "revoke_token", "create_token", "create_token", "token_refused", "create_token"];
    assert_eq!(trail, expected, "late use is noted once an hour");
    let kept = access.db.read(|r| {
        r.query_one("SELECT count(*) FROM api_token WHERE token_hash = $1", params![bearer.reveal()], |row| row.get::<i64>(0))
    });
    assert_eq!(kept.unwrap(), 0, "only a hash is kept");
    clock.advance(400 * 86_400);
    assert_eq!(access.forget_ended_api_tokens().unwrap(), 3);
}

#[test]
fn a_token_can_do_no_more_than_its_maker_and_never_manages_tokens() {
    let (access, _) = empty_house();
    let make = |permissions: &[Permission], days, role| access.create_api_token(&new_token("x", permissions, days), "ada", role);
    for (permissions, role) in [
        (&[][..], Role::Administrator),
        (&[Permission::ManageTokens], Role::Administrator),
        (&[Permission::SendScans, Permission::ManageOwnAccount], Role::Administrator),
        (&[Permission::SendScans], Role::Viewer),
        (&[Permission::ReadAudit], Role::Analyst),
    ] {
        assert!(matches!(make(permissions, 1, role), Err(AccessError::TokenPermissions)), "{permissions:?} {role:?}");
    }
    for days in [0, DAYS_MAX + 1] {
        assert!(matches!(make(&[Permission::SendScans], days, Role::Analyst), Err(AccessError::TokenDays { .. })));
    }
    assert!(make(&[Permission::SendScans], 1, Role::Analyst).is_ok());
}

#[test]
fn guessing_tokens_is_slowed_down_by_address() {
    let (access, clock) = empty_house();
    let (bearer, _) = access.create_api_token(&new_token("ci", &[Permission::SendScans], 1), "ada", Role::Administrator).unwrap();
    for _ in 0..100 {
        assert!(matches!(access.api_token("vigie_nonsense", &client()), Err(AccessError::TokenUnknown)), "costs nothing");
    }
    let guess = || access.api_token(crate::bearer::Bearer::random().unwrap().reveal(), &client());
    for _ in 0..4 {
        assert!(matches!(guess(), Err(AccessError::TokenUnknown)));
    }
    assert!(matches!(guess(), Err(AccessError::Throttled { wait_s: 1 })));
    let elsewhere = Client { address: "192.0.2.9".into(), ..client() };
    assert!(access.api_token(bearer.reveal(), &elsewhere).is_ok(), "others do not wait");
    clock.advance(1);
    assert!(access.api_token(bearer.reveal(), &client()).is_ok());
}
