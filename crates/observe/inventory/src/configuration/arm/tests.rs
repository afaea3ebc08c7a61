//! What is read from templates.

use crate::configuration::{Unreadable, read};
use serde_json::json;
use vigie_model::configuration::{Form, Piece, unknown};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

fn template(rest: &str) -> Vec<Piece> {
    let text = format!("{{\n \"$schema\": \"{SCHEMA}\",\n {rest}\n}}");
    read("azuredeploy.json", text.as_bytes()).unwrap()
}

#[test]
fn puts_in_parameters_and_variables() {
    let pieces = template(
        r#""parameters": { "Tls": { "type": "string", "defaultValue": "TLS1_2" }, "name": { "type": "string" } },
 "variables": { "full": "[concat('a-', variables('part'))]", "part": "[format('{0}!', parameters('tls'))]", "o": { "Deep": [1, 2] } },
 // a comment
 "resources": [{
   "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "[parameters('name')]",
   "tags": { "full": "[variables('full')]", "quoted": "[[not an expression]", "two": "[variables('o').deep[1]]" },
   "properties": { "minimumTlsVersion": "[parameters('tls')]", "on": "[if(equals(1, 1), true(), false())]",
     "later": "[reference('x').y]", "copy": [{ "name": "rules", "count": 3, "input": { "port": "[copyIndex()]" } }] }
 }]"#,
    );
    let piece = &pieces[0];
    assert_eq!(
        (piece.form, piece.kind.as_str(), piece.name.as_str()),
        (Form::Arm, "Microsoft.Storage/storageAccounts", "parameters('name')")
    );
    assert_eq!(piece.body["tags"], json!({ "full": "a-TLS1_2!", "quoted": "[not an expression]", "two": 2 }));
    let properties = json!({
        "minimumTlsVersion": "TLS1_2", "on": true, "later": unknown("reference('x').y"), "rules": [{ "port": unknown("copyIndex()") }],
    });
    assert_eq!(piece.body["properties"], properties);
    assert_eq!((piece.line, piece.line_of("/properties/later")), (6, 10));
}

#[test]
fn nested_resources_and_deployments_are_pieces() {
    let pieces = template(
        r#""parameters": { "a": { "defaultValue": 1 } },
 "resources": { "server": { "type": "Microsoft.Sql/servers", "name": "db",
     "resources": [{ "type": "firewallRules", "name": "all", "properties": { "n": "[parameters('a')]" } }] },
   "off": { "type": "A.B/c", "name": "off", "condition": false },
   "inner": { "type": "Microsoft.Resources/deployments", "name": "d", "properties": {
     "expressionEvaluationOptions": { "scope": "inner" }, "parameters": { "a": { "value": 7 } },
     "template": { "parameters": { "a": { "type": "int" } }, "resources": [{ "type": "A.B/c", "name": "in", "n": "[parameters('a')]" }] } } } }"#,
    );
    let seen: Vec<(&str, &str)> = pieces.iter().map(|piece| (piece.kind.as_str(), piece.name.as_str())).collect();
    assert_eq!(seen, [("Microsoft.Sql/servers/firewallRules", "db/all"), ("Microsoft.Sql/servers", "db"), ("A.B/c", "d/in")]);
    assert_eq!((&pieces[0].body["properties"]["n"], &pieces[2].body["n"]), (&json!(1), &json!(7)));
}

#[test]
fn other_documents_are_nobody_s_business() {
    assert_eq!(read("package.json", b"{\"name\": \"x\", \"resources\": []}"), Ok(Vec::new()));
    assert_eq!(read("tsconfig.json", b"{ nonsense"), Ok(Vec::new()));
    assert!(matches!(read("t.json", format!("{{\"$schema\": \"{SCHEMA}\"").as_bytes()), Err(Unreadable::Broken(_))));
    assert_eq!(read("main.bicep", b"param x string"), Err(Unreadable::Bicep));
}

#[test]
fn hostile_templates_end() {
    let deep = format!("\"resources\": [{{\"type\": \"A.B/c\", \"name\": \"[{}\"}}]", "concat(".repeat(10_000) + "]");
    assert_eq!(template(&deep).len(), 1);
    let doubled: String =
        (1..30).map(|n| format!(",\"v{n}\": \"[createArray(variables('v{}'), variables('v{}'))]\"", n - 1, n - 1)).collect();
    let bomb = format!(
        "\"variables\": {{\"v0\": \"x\"{doubled}}}, \"resources\": [{{\"type\": \"A.B/c\", \"name\": \"[variables('v29')]\"}}]"
    );
    assert_eq!(template(&bomb).len(), 1);
    assert_eq!(template("\"resources\": [{\"type\": \"A.B/c\", \"name\": \"[é('ü'\"}]").len(), 1);
}
