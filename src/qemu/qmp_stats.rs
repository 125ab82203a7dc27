//! What `query-stats` tells: KVM's counters of a VM, as its QEMU reads them from the kernel.
//!
//! Source: qapi/stats.json, QEMU 7.2.

use std::collections::BTreeMap;

use serde_json::Value;

use super::qmp::QmpAnswer;

/// The command that tells what counters are.
pub const QUERY_STATS_SCHEMAS: &str = "query-stats-schemas";

/// Of what counters are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatsTarget {
    /// Of a VM.
    Vm,
    /// Of each of its vCPUs.
    Vcpu,
}

/// What a counter is, as QEMU spells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatSchema {
    /// `cumulative`, `instant`, `peak`, `linear-histogram`, `log2-histogram`.
    pub kind: String,
    /// `seconds`, `bytes`, `cycles`, `boolean`; `None` for what has none.
    pub unit: Option<String>,
    /// The power of ten or two by which the unit is multiplied.
    pub exponent: i64,
}

/// The value of a counter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatValue {
    /// A number; 1 for what is true.
    Number(u64),
    /// The buckets of a histogram.
    Buckets(Vec<u64>),
}

impl StatsTarget {
    /// What QEMU calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Vcpu => "vcpu",
        }
    }
}

impl QmpAnswer {
    /// What the counters of KVM are, by their names; `None` when it is told in another form.
    pub fn stat_schemas(&self) -> Option<BTreeMap<String, StatSchema>> {
        let mut schemas = BTreeMap::new();
        for entry in self.value().as_array()? {
            if entry.get("provider")?.as_str()? != "kvm" {
                continue;
            }
            for stat in entry.get("stats")?.as_array()? {
                let text = |key: &str| stat.get(key)?.as_str().map(str::to_owned);
                let schema = StatSchema {
                    kind: text("type")?,
                    unit: text("unit"),
                    exponent: stat.get("exponent").and_then(Value::as_i64).unwrap_or(0),
                };
                schemas.insert(text("name")?, schema);
            }
        }
        Some(schemas)
    }

    /// The values of the counters of KVM by their names, a map for each VM or vCPU; `None` when one
    /// is told in another form.
    pub fn stat_values(&self) -> Option<Vec<BTreeMap<String, StatValue>>> {
        let entries = self.value().as_array()?.iter();
        let entries = entries.filter(|entry| {
            let provider = entry.get("provider").and_then(Value::as_str);
            provider.is_none_or(|provider| provider == "kvm")
        });
        let values = |entry: &Value| {
            let stats = entry.get("stats")?.as_array()?.iter();
            let stats = stats.map(|stat| {
                let name = stat.get("name")?.as_str()?.to_owned();
                Some((name, stat_value(stat.get("value")?)?))
            });
            stats.collect()
        };
        entries.map(values).collect()
    }
}

fn stat_value(value: &Value) -> Option<StatValue> {
    Some(match value {
        Value::Bool(value) => StatValue::Number(u64::from(*value)),
        Value::Number(value) => StatValue::Number(value.as_u64()?),
        Value::Array(buckets) => {
            let buckets = buckets.iter().map(Value::as_u64);
            StatValue::Buckets(buckets.collect::<Option<_>>()?)
        }
        Value::Null | Value::String(_) | Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::qmp::QmpMessage;
    use super::*;

    fn answer(line: &str) -> QmpAnswer {
        let QmpMessage::Answer(answer) = QmpMessage::parse(line) else {
            panic!("{line}");
        };
        answer
    }

    /// Shortened lines that QEMU 7.2.22 said.
    #[test]
    fn lines_of_qemu_are_read() {
        let schemas = answer(
            r#"{"return": [{"provider": "kvm", "stats": [{"name": "guest_mode", "unit": "boolean", "exponent": 0, "type": "instant"}, {"name": "exits", "exponent": 0, "type": "cumulative"}, {"name": "halt_wait_ns", "unit": "seconds", "base": 10, "exponent": -9, "type": "cumulative"}], "target": "vcpu"}, {"provider": "kvm", "stats": [{"name": "max_mmu_rmap_size", "exponent": 0, "type": "peak"}], "target": "vm"}]}"#,
        );
        let schemas = schemas.stat_schemas().unwrap_or_default();
        assert_eq!(schemas.len(), 4);
        let waits = schemas.get("halt_wait_ns");
        assert_eq!(waits.and_then(|s| s.unit.as_deref()), Some("seconds"));
        assert_eq!(waits.map(|s| s.exponent), Some(-9));
        assert_eq!(
            schemas.get("exits").map(|s| s.kind.as_str()),
            Some("cumulative")
        );
        let values = answer(
            r#"{"return": [{"provider": "kvm", "stats": [{"name": "guest_mode", "value": false}, {"name": "insn_emulation", "value": 25878168}, {"name": "halt_wait_hist", "value": [0, 3, 1]}], "qom-path": "/machine/unattached/device[0]"}]}"#,
        );
        let values = values.stat_values().unwrap_or_default();
        let value = |name: &str| values.first().and_then(|values| values.get(name)).cloned();
        assert_eq!(value("guest_mode"), Some(StatValue::Number(0)));
        assert_eq!(value("insn_emulation"), Some(StatValue::Number(25_878_168)));
        assert_eq!(
            value("halt_wait_hist"),
            Some(StatValue::Buckets(vec![0, 3, 1]))
        );
    }

    /// What is told otherwise is not made up.
    #[test]
    fn other_forms_are_none() {
        for said in [
            r#"{"return": {}}"#,
            r#"{"return": [{"provider": "kvm"}]}"#,
            r#"{"return": [{"provider": "kvm", "stats": [{"name": "exits", "value": -1}]}]}"#,
            r#"{"return": [{"provider": "kvm", "stats": [{"name": "exits"}]}]}"#,
        ] {
            assert_eq!(answer(said).stat_values(), None, "{said}");
        }
    }
}
