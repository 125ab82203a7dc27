//! Which runtime a process runs, and how it is told to write a map of its code.

/// A runtime that can write a map of the code that it makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Runtime {
    /// node, and programs that hold its library.
    Node,
    /// The Java virtual machine of `OpenJDK`.
    Java,
    /// `CPython`.
    Python,
    /// .NET.
    Dotnet,
}

impl Runtime {
    /// The runtime of a process that maps these objects; `None` when none of them is known.
    pub(crate) fn of<'p>(mut paths: impl Iterator<Item = &'p str>) -> Option<Self> {
        paths.find_map(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
            if name == "node" || name == "nodejs" || begins(&["libnode.so"]) {
                Some(Self::Node)
            } else if name == "libjvm.so" {
                Some(Self::Java)
            } else if name == "libcoreclr.so" {
                Some(Self::Dotnet)
            } else if begins(&["python3", "libpython3"]) {
                Some(Self::Python)
            } else {
                None
            }
        })
    }

    /// What to do so that generated code has names.
    ///
    /// Source: `node --v8-options` (node 18); `java -XX:+PrintFlagsFinal` (`OpenJDK` 17, where the dump
    /// is a diagnostic option); `python3 --help-xoptions` (3.12); environment variables of .NET,
    /// `DOTNET_PerfMapEnabled`.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Node => {
                "for names of JavaScript functions start node with --perf-basic-prof, and convert on \
                 the same machine or put /tmp/perf-PID.map beside the capture"
            }
            Self::Java => {
                "for names of Java methods start java with -XX:+PreserveFramePointer \
                 -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit, or run jcmd PID \
                 Compiler.perfmap; then convert on the same machine or put /tmp/perf-PID.map beside \
                 the capture"
            }
            Self::Python => {
                "for names of Python functions start python (3.12 or later) with -X perf, and convert \
                 on the same machine or put /tmp/perf-PID.map beside the capture"
            }
            Self::Dotnet => {
                "for names of .NET methods set DOTNET_PerfMapEnabled=1, and convert on the same \
                 machine or put /tmp/perf-PID.map beside the capture"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As processes of these map them.
    #[test]
    fn runtimes_are_known_by_what_they_map() {
        let of = |paths: &[&str]| Runtime::of(paths.iter().copied());
        assert_eq!(of(&["/usr/bin/node", "//anon"]), Some(Runtime::Node));
        let java = ["/usr/lib/jvm/bin/java", "/usr/lib/jvm/lib/server/libjvm.so"];
        assert_eq!(of(&java), Some(Runtime::Java));
        assert_eq!(of(&["/usr/bin/python3.12"]), Some(Runtime::Python));
        assert_eq!(of(&["/opt/libcoreclr.so"]), Some(Runtime::Dotnet));
        assert_eq!(of(&["/usr/bin/python2.7", "/usr/bin/nodes"]), None);
    }
}
