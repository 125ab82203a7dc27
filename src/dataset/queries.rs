//! Ready questions: plain SQL, a file each.
//!
//! A file begins with comments: its title, then what it answers. Its SQL is that which engines have in
//! common, and its order is total: `DuckDB`, Spark SQL and `DataFusion` give the same rows. Between
//! `/*NAME:*/` and `/*:NAME*/` stands what an option may put there.

/// A ready question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadyQuery {
    /// What it is called.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// The ready questions.
pub const READY_QUERIES: [ReadyQuery; 7] = [
    ReadyQuery {
        name: "top-causes",
        text: include_str!("queries/top-causes.sql"),
    },
    ReadyQuery {
        name: "worst-hosts",
        text: include_str!("queries/worst-hosts.sql"),
    },
    ReadyQuery {
        name: "kernels",
        text: include_str!("queries/kernels.sql"),
    },
    ReadyQuery {
        name: "trend",
        text: include_str!("queries/trend.sql"),
    },
    ReadyQuery {
        name: "new-since",
        text: include_str!("queries/new-since.sql"),
    },
    ReadyQuery {
        name: "cost",
        text: include_str!("queries/cost.sql"),
    },
    ReadyQuery {
        name: "slow-exits",
        text: include_str!("queries/slow-exits.sql"),
    },
];

/// What causes can be told apart by, and the column that it is.
const DIMENSIONS: [(&str, &str); 9] = [
    ("kernel", "c.kernel"),
    ("cpu", "c.cpu"),
    ("machine", "c.machine"),
    ("host", "c.host"),
    ("date", "c.date"),
    ("guest", "v.guest"),
    ("vmm", "v.vmm_version"),
    ("vm", "v.name"),
    ("direction", "e.direction"),
];

/// What options put into a question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueryWish {
    /// What causes are told apart by.
    pub by: Option<String>,
    /// The date since which something is new.
    pub since: Option<String>,
}

impl ReadyQuery {
    /// The question of a name.
    pub fn named(name: &str) -> Option<Self> {
        READY_QUERIES.into_iter().find(|query| query.name == name)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("-- ")
    }

    /// What it answers.
    pub fn explanation(self) -> String {
        let lines = self.text.lines().skip(1);
        let comments = lines.map_while(|line| line.strip_prefix("-- "));
        comments.collect::<Vec<_>>().join(" ")
    }

    /// The SQL, with what options ask for; `None` where the question has no place for it, or it is no
    /// such value.
    pub fn filled(self, wish: &QueryWish) -> Option<String> {
        let mut text = self.text.to_owned();
        if let Some(by) = &wish.by {
            let (_, column) = DIMENSIONS.into_iter().find(|(name, _)| name == by)?;
            text = replaced(&text, "by", column)?;
        }
        if let Some(since) = &wish.since {
            // Only a date: nothing else gets into the text of a query.
            crate::utc::UtcTime::parse(&format!("{since}T00:00:00Z"))?;
            text = replaced(&text, "since", &format!("'{since}'"))?;
        }
        Some(text)
    }
}

/// Names of what causes can be told apart by.
pub fn dimension_names() -> Vec<&'static str> {
    DIMENSIONS.iter().map(|(name, _)| *name).collect()
}

/// The text with something else between the marks of a name; `None` where there are none.
fn replaced(text: &str, name: &str, with: &str) -> Option<String> {
    let (begin, end) = (format!("/*{name}:*/"), format!("/*:{name}*/"));
    let mut parts = text.split(&begin);
    let mut filled = parts.next()?.to_owned();
    let mut is_found = false;
    for part in parts {
        let (_, rest) = part.split_once(&end)?;
        filled.push_str(with);
        filled.push_str(rest);
        is_found = true;
    }
    is_found.then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is typed behind an option does not get into the text of a query unless it is one of a
    /// list, or a date.
    #[test]
    fn only_known_words_get_into_a_query() {
        let query = ReadyQuery::named("top-causes").unwrap();
        let wish = |by: &str| QueryWish {
            by: Some(by.to_owned()),
            since: None,
        };
        let filled = query.filled(&wish("guest")).unwrap();
        assert!(filled.contains("COALESCE(v.guest, '')") && !filled.contains("c.kernel"));
        assert_eq!(query.filled(&wish("c.kernel; DROP")), None);
        let query = ReadyQuery::named("new-since").unwrap();
        let since = |since: &str| QueryWish {
            by: None,
            since: Some(since.to_owned()),
        };
        let filled = query.filled(&since("2026-11-26")).unwrap();
        assert!(filled.contains(">= '2026-11-26'"), "{filled}");
        assert_eq!(query.filled(&since("' OR 1 = 1 --")), None);
        assert_eq!(query.filled(&wish("kernel")), None);
    }

    /// Every question is explained, and has an order; without one two engines tell different rows.
    #[test]
    fn every_question_is_explained_and_ordered() {
        for query in READY_QUERIES {
            assert!(query.text.starts_with("-- "), "{}", query.name);
            assert!(query.explanation().len() > 40, "{}", query.name);
            assert!(query.text.contains("\nORDER BY "), "{}", query.name);
            assert!(!query.text.contains(';'), "{}", query.name);
        }
    }
}
