//! Groups of artifacts that do not name their own.
//!
//! Builds made with Gradle or Ant put no `pom.properties` into the archive, and the manifest seldom has the group.
//! Advisories need it, so the well-known ones stand here, by how the artifact's name begins.

/// Artifact, or its beginning when it ends in `*`, and group; the first that fits counts.
static GROUPS: &[(&str, &str)] = &[
    ("spring-boot*", "org.springframework.boot"),
    ("spring-security-oauth2", "org.springframework.security.oauth"),
    ("spring-security-*", "org.springframework.security"),
    ("spring-data-*", "org.springframework.data"),
    ("spring-cloud-*", "org.springframework.cloud"),
    ("spring-integration-*", "org.springframework.integration"),
    ("spring-batch-*", "org.springframework.batch"),
    ("spring-session-*", "org.springframework.session"),
    ("spring-amqp", "org.springframework.amqp"),
    ("spring-rabbit", "org.springframework.amqp"),
    ("spring-kafka", "org.springframework.kafka"),
    ("spring-ws-*", "org.springframework.ws"),
    ("spring-graphql", "org.springframework.graphql"),
    ("spring-hateoas", "org.springframework.hateoas"),
    ("spring-ldap-core", "org.springframework.ldap"),
    ("spring-retry", "org.springframework.retry"),
    ("spring-plugin-core", "org.springframework.plugin"),
    ("spring-*", "org.springframework"),
    ("tomcat-embed-*", "org.apache.tomcat.embed"),
    ("tomcat-*", "org.apache.tomcat"),
    ("kafka-*", "org.apache.kafka"),
    ("kafka_2*", "org.apache.kafka"),
    ("connect-runtime", "org.apache.kafka"),
    ("lucene-*", "org.apache.lucene"),
    ("solr-*", "org.apache.solr"),
    ("groovy*", "org.apache.groovy"),
    ("kotlin-*", "org.jetbrains.kotlin"),
    ("kotlinx-*", "org.jetbrains.kotlinx"),
    ("okhttp*", "com.squareup.okhttp3"),
    ("okio*", "com.squareup.okio"),
    ("hibernate-validator*", "org.hibernate.validator"),
    ("hibernate-core", "org.hibernate.orm"),
    ("elasticsearch*", "org.elasticsearch"),
    ("opensearch*", "org.opensearch"),
    ("micrometer-*", "io.micrometer"),
    ("reactor-netty-*", "io.projectreactor.netty"),
    ("reactor-core", "io.projectreactor"),
    ("rxjava", "io.reactivex.rxjava3"),
    ("bcprov-*", "org.bouncycastle"),
    ("bcpkix-*", "org.bouncycastle"),
    ("bcutil-*", "org.bouncycastle"),
    ("bcmail-*", "org.bouncycastle"),
    ("bcpg-*", "org.bouncycastle"),
    ("bctls-*", "org.bouncycastle"),
    ("grpc-*", "io.grpc"),
    ("opentelemetry-*", "io.opentelemetry"),
    ("postgresql", "org.postgresql"),
    ("h2", "com.h2database"),
    ("mssql-jdbc", "com.microsoft.sqlserver"),
    ("ojdbc*", "com.oracle.database.jdbc"),
    ("zookeeper*", "org.apache.zookeeper"),
    ("commons-io", "commons-io"),
    ("commons-collections", "commons-collections"),
    ("commons-fileupload", "commons-fileupload"),
    ("commons-beanutils", "commons-beanutils"),
    ("commons-codec", "commons-codec"),
    ("commons-lang", "commons-lang"),
    ("commons-httpclient", "commons-httpclient"),
    ("dom4j", "org.dom4j"),
    ("xalan", "xalan"),
    ("xercesImpl", "xerces"),
    ("snakeyaml", "org.yaml"),
    ("junit", "junit"),
];

/// The group of an artifact, where it is well known.
pub(super) fn group_of(artifact: &str) -> Option<&'static str> {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => artifact.starts_with(start),
        None => artifact == pattern,
    };
    GROUPS.iter().find(|(pattern, _)| fits(pattern)).map(|(_, group)| *group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits_counts() {
        assert_eq!(group_of("spring-boot-starter-web"), Some("org.springframework.boot"));
        assert_eq!(group_of("spring-core"), Some("org.springframework"));
        assert_eq!(group_of("h2"), Some("com.h2database"));
        assert_eq!(group_of("h2o"), None);
    }

    #[test]
    fn no_pattern_hides_a_later_one() {
        for (index, (pattern, _)) in GROUPS.iter().enumerate() {
            let first = GROUPS.iter().position(|(_, group)| group_of(pattern.trim_end_matches('*')) == Some(group));
            assert!(first.is_some_and(|first| GROUPS[first].1 == GROUPS[index].1), "{pattern}");
        }
    }
}
