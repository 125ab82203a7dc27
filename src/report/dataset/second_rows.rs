//! Samples second by second.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::case::CaseAnswer;
use super::sample_key::{SampleKey, SampleKeys, SampleSum, SampledTime};
use crate::dataset::{TableName, TableRows, Value};
use crate::error::Result;

/// The rows of table `sample_seconds`: none where samples were not asked for one by one, or carry no
/// times. `keys` are those of the profile's
/// stacks.
pub(super) fn second_rows(
    answer: &CaseAnswer<'_>,
    keys: &SampleKeys<'_>,
    time: SampledTime,
) -> Result<Option<TableRows>> {
    let samples = answer.profile.and_then(|profile| profile.samples.as_ref());
    let (Some(samples), Some((first, _))) = (samples, answer.recorded.times) else {
        return Ok(None);
    };
    // Added up by position first: most samples of a second share one, and keys are long.
    let mut by_position: HashMap<(u64, u32), SampleSum> = HashMap::new();
    for row in samples.iter() {
        if let Some(at) = samples.time(row) {
            let second = at.as_nanos().saturating_sub(first.as_nanos()) / 1_000_000_000;
            let sum = by_position.entry((second, row.stack)).or_default();
            sum.add(1, row.weight);
        }
    }
    let mut sums: BTreeMap<(u64, SampleKey), SampleSum> = BTreeMap::new();
    by_position.iter().for_each(|(&(second, stack), of_stack)| {
        if let Some(&key) = keys.keys().get(stack as usize) {
            let sum = sums.entry((second, key)).or_default();
            sum.add(of_stack.samples, of_stack.weight);
        }
    });
    let mut rows = TableRows::new(TableName::SampleSeconds);
    for ((second, key), sum) in sums {
        let Some([vm, vcpu, process, comm, tag, tag_depth, stack]) = keys.columns(key) else {
            continue;
        };
        let [samples, weight, nanos] = time.columns(sum);
        let (capture, second) = (Value::Int(answer.origin.capture), Value::count(second));
        rows.push(&[
            capture, second, vm, vcpu, process, comm, tag, tag_depth, stack, samples, weight, nanos,
        ])?;
    }
    Ok((!rows.is_empty()).then_some(rows))
}
