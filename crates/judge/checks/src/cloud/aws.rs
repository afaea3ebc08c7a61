//! Clusters, registries, buckets, keys, trails and machines of AWS. Provider `aws` 6.

use super::place::{
    Absent, Companion, Judged, any, at, companion, filled, find, folder, is, is_one_of, not_applicable, off, on, setting, word,
};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

const CLUSTER: &str = "aws_eks_cluster";
const REPOSITORY: &str = "aws_ecr_repository";
const BUCKET: &str = "aws_s3_bucket";

/// The API server answers every address.
pub(crate) fn eks_open_api_server(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &[CLUSTER]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let is_closed = any(&mut judged, "vpc_config.endpoint_public_access", |value| !on(value));
    let for_all =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().any(|cidr| cidr == "0.0.0.0/0" || cidr == "::/0"));
    let is_narrow = any(&mut judged, "vpc_config.public_access_cidrs", |value| filled(value) && !for_all(value));
    match (is_closed, is_narrow) {
        (Some(true), _) | (_, Some(true)) => return Verdict::Pass,
        (Some(false), Some(false)) => judged.missing("", "vpc_config.public_access_cidrs", "[\"203.0.113.0/24\"]"),
        _ => {}
    }
    judged.verdict()
}

/// Nobody sees who did what in the cluster.
pub(crate) fn eks_without_audit_log(piece: &Piece, _: &[Piece]) -> Verdict {
    let good =
        |value: &Value| value.as_array().is_some_and(|types| types.iter().any(|sort| *sort == "audit" || !sort.is_string()));
    setting(piece, &[at(CLUSTER, "enabled_cluster_log_types", Absent::Bad)], good, "[\"audit\", \"authenticator\"]")
}

/// A tag may be pushed a second time, with other content.
pub(crate) fn ecr_mutable_tags(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(REPOSITORY, "image_tag_mutability", Absent::Bad)];
    setting(piece, &places, |value| word(value, &["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"]), "IMMUTABLE")
}

/// Whether a setting of the whole account is in the folder of a resource (yes), elsewhere in the tree, where it may be
/// for another account (nobody knows), or nowhere.
fn for_the_account(piece: &Piece, around: &[Piece], is_setting: impl Fn(&Piece) -> bool) -> Absent {
    let settings: Vec<&Piece> = around.iter().filter(|other| is_setting(other)).collect();
    match settings.iter().any(|other| folder(&other.path) == folder(&piece.path)) {
        true => Absent::Good,
        false if settings.is_empty() => Absent::Bad,
        false => Absent::Unsaid,
    }
}

/// Images are not scanned when they come in, unless the registry does so for all.
pub(crate) fn ecr_without_scan(piece: &Piece, around: &[Piece]) -> Verdict {
    let absent = for_the_account(piece, around, |other| is(other, "aws_ecr_registry_scanning_configuration"));
    if is(piece, REPOSITORY) && absent == Absent::Good {
        return Verdict::Pass;
    }
    setting(piece, &[at(REPOSITORY, "image_scanning_configuration.scan_on_push", absent)], on, "true")
}

/// Anybody may list or read a bucket, or nothing stops somebody from letting them.
pub(crate) fn bucket_public(piece: &Piece, _: &[Piece]) -> Verdict {
    const BLOCK: &str = "aws_s3_bucket_public_access_block";
    if is_one_of(piece, &[BLOCK]) {
        let names = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
        // With such a resource, what is not written is off; without one, AWS blocks.
        return setting(piece, &names.map(|name| at(BLOCK, name, Absent::Bad)), on, "true");
    }
    let is_closed = |acl: &Value| !word(acl, &["public-read", "public-read-write", "authenticated-read", "website"]);
    setting(piece, &[at(BUCKET, "acl", Absent::Good), at("aws_s3_bucket_acl", "acl", Absent::Good)], is_closed, "private")
}

/// What is overwritten or deleted is gone.
pub(crate) fn bucket_without_versions(piece: &Piece, around: &[Piece]) -> Verdict {
    const VERSIONS: &str = "aws_s3_bucket_versioning";
    if !is_one_of(piece, &[BUCKET]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    // The block of the time before provider 4.
    if any(&mut judged, "versioning.enabled", on) == Some(true) {
        return Verdict::Pass;
    }
    match companion(piece, around, VERSIONS, "bucket") {
        Companion::There(versions) => {
            let places = [at(VERSIONS, "versioning_configuration.status", Absent::Bad)];
            return setting(versions, &places, |status| word(status, &["Enabled"]), "Enabled");
        }
        Companion::Perhaps(expression) => judged.unknown(expression),
        Companion::Missing => judged.missing("", VERSIONS, "Enabled"),
    }
    judged.verdict()
}

/// A key that encrypts for ever with the same material.
pub(crate) fn key_without_rotation(piece: &Piece, _: &[Piece]) -> Verdict {
    if is_one_of(piece, &["google_kms_crypto_key"]) {
        // Google turns only symmetric keys.
        if !piece.look("/purpose").known().is_none_or(|purpose| word(purpose, &["ENCRYPT_DECRYPT"])) {
            return not_applicable();
        }
        return setting(piece, &[at("google_kms_crypto_key", "rotation_period", Absent::Bad)], filled, "7776000s");
    }
    let asymmetric = piece.look("/customer_master_key_spec").known().is_some_and(|spec| !word(spec, &["SYMMETRIC_DEFAULT"]));
    let signs = piece.look("/key_usage").known().is_some_and(|usage| !word(usage, &["ENCRYPT_DECRYPT"]));
    if asymmetric || signs {
        return not_applicable();
    }
    setting(piece, &[at("aws_kms_key", "enable_key_rotation", Absent::Bad)], on, "true")
}

/// What happens in other regions is not written down.
pub(crate) fn trail_of_one_region(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at("aws_cloudtrail", "is_multi_region_trail", Absent::Bad)], on, "true")
}

/// Nobody notices when the trail was changed afterwards.
pub(crate) fn trail_without_validation(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at("aws_cloudtrail", "enable_log_file_validation", Absent::Bad)], on, "true")
}

/// A program that can be made to fetch an address gets the machine's keys.
pub(crate) fn ec2_metadata_without_token(piece: &Piece, _: &[Piece]) -> Verdict {
    let kinds = ["aws_instance", "aws_launch_template"];
    if !is_one_of(piece, &kinds) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    if any(&mut judged, "metadata_options.http_endpoint", |value| word(value, &["disabled"])) == Some(true) {
        return Verdict::Pass;
    }
    // What is not written follows the account and the image: Amazon Linux 2023 asks for a token, others do not.
    let places = kinds.map(|kind| at(kind, "metadata_options.http_tokens", Absent::Unsaid));
    setting(piece, &places, |value| word(value, &["required"]), "required")
}

/// A disk in clear text, unless the account encrypts all.
pub(crate) fn ebs_unencrypted(piece: &Piece, around: &[Piece]) -> Verdict {
    if !is_one_of(piece, &["aws_ebs_volume"]) || find(piece, "snapshot_id").iter().any(|found| found.look != Look::Absent) {
        return not_applicable();
    }
    let absent = for_the_account(piece, around, |other| {
        is(other, "aws_ebs_encryption_by_default") && other.look("/enabled").known().is_none_or(on)
    });
    if absent == Absent::Good {
        return Verdict::Pass;
    }
    setting(piece, &[at("aws_ebs_volume", "encrypted", absent)], on, "true")
}

/// The file system of many containers in clear text.
pub(crate) fn efs_unencrypted(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at("aws_efs_file_system", "encrypted", Absent::Bad)], on, "true")
}

/// Instances get public addresses without being asked.
pub(crate) fn subnet_with_public_addresses(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at("aws_subnet", "map_public_ip_on_launch", Absent::Good)], off, "false")
}
