//! `vigie token create|list|revoke`: tokens for programs that ask the platform from elsewhere.

use super::search::encoded;
use crate::args::{Format, TokenCreateArgs, TokenListArgs, TokenVerb};
use crate::ask::House;
use crate::{Ended, out, table};
use serde_json::{Value, json};
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Does one of the verbs.
pub(crate) fn run(verb: TokenVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let house = House::open(data, lang)?;
    match verb {
        TokenVerb::Create(args) => create(&house, &args, lang)?,
        TokenVerb::List(args) => list(&house, &args)?,
        TokenVerb::Revoke(args) => {
            let revoked = house.delete(&format!("/tokens/{}", encoded(&args.token)))?;
            let name = out::visible(revoked["name"].as_str().unwrap_or_default());
            out::say(&say!(lang,
                en "{name} is revoked: it opens nothing any more",
                fr "{name} est révoqué : il n’ouvre plus rien",
                de "{name} ist widerrufen: es öffnet nichts mehr"));
        }
    }
    Ok(Ended::Clean)
}

/// The token alone goes to standard output, so that it can go into a file at once.
fn create(house: &House, args: &TokenCreateArgs, lang: Lang) -> Result<(), Problem> {
    let body = json!({ "name": args.name, "permissions": args.permission, "days": args.days });
    let made = house.post("/tokens", &body)?;
    out::line(made["token"].as_str().unwrap_or_default())?;
    let [_, name, permissions, _, until, ..] = row(&made["about"]);
    out::say(&say!(lang,
        en "{name} may {permissions} until {until}. This is the only time that it is shown: keep it as a secret.",
        fr "{name} permet {permissions} jusqu’au {until}. Il n’est montré que cette fois : gardez-le comme un secret.",
        de "{name} darf {permissions} bis {until}. Es wird nur dieses eine Mal gezeigt: bewahren Sie es als Geheimnis auf."));
    Ok(())
}

fn list(house: &House, args: &TokenListArgs) -> Result<(), Problem> {
    let tokens = house.get("/tokens")?;
    let rows = tokens.as_array().into_iter().flatten().map(row);
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.tokens/1", "tokens": tokens })),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

const COLUMNS: [&str; 6] = ["id", "name", "permissions", "state", "expires", "last used"];

fn row(token: &Value) -> [String; 6] {
    let word = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
    let permissions = token["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    [word("id"), word("name"), permissions.join(", "), word("state"), word("expires_at"), word("used_at")]
}
