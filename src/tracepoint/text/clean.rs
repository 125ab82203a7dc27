//! A line as it was before it was mailed.

/// A line without what mail programs put in front of it, and without its end.
pub(super) fn clean(line: &str) -> &str {
    unquoted(line.trim_end())
}

/// A line without what mail programs put in front of it.
pub(super) fn unquoted(line: &str) -> &str {
    let mut rest = line;
    loop {
        // A quote's mark stands at the start, or behind one space of an outer quote.
        let quoted = rest.strip_prefix(' ').unwrap_or(rest);
        match quoted.strip_prefix('>') {
            Some(inner) => rest = inner,
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotes of quotes, ends of Windows, and arrows that are no quotes.
    #[test]
    fn quoting_is_taken_off() {
        let line = "       CPU 0/KVM-753   [000]   570.095594: kvm_entry: vcpu 0";
        assert_eq!(clean(&format!(">{line}\r")), line);
        assert_eq!(clean(&format!("> >{line}  ")), line);
        assert_eq!(clean(&format!("> > >{line}")), line);
        assert_eq!(clean(" => schedule"), " => schedule");
        assert_eq!(clean(">"), "");
    }
}
