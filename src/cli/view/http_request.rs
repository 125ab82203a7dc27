//! What a client asks of the server.

use std::io::{self, Read};

/// The head of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HttpRequest {
    method: String,
    path: String,
    /// What it calls this machine; `None` where it does not, or twice.
    host: Option<String>,
}

/// What is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// The page of this number, from 0.
    Page(usize),
    /// The same without a body.
    HeadOfPage(usize),
    /// It is no request.
    BadRequest,
    /// It is meant for another host: a name of somebody else's that leads here.
    WrongHost,
    /// There is nothing.
    NotFound,
    /// It is more than reading.
    WrongMethod,
}

/// Bytes of a head that are read.
const LONGEST_HEAD: usize = 16 << 10;

impl HttpRequest {
    /// Reads the head of a request; `None` where there is none, or a longer one than browsers send.
    pub(super) fn read(mut client: impl Read) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut part = [0_u8; 1024];
        while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            let count = client.read(&mut part)?;
            if count == 0 || head.len() > LONGEST_HEAD {
                return Ok(None);
            }
            head.extend_from_slice(part.get(..count).unwrap_or_default());
        }
        Ok(Self::parse(&head))
    }

    /// Source: RFC 9112, sections 2 and 3.
    fn parse(head: &[u8]) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let (head, _) = head.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, path, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !version.starts_with("HTTP/1.") {
            return None;
        }
        let hosts = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("host").then(|| value.trim())
        });
        let hosts: Vec<&str> = hosts.collect();
        let host = match hosts[..] {
            [host] => Some(host.to_owned()),
            _ => None,
        };
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            host,
        })
    }

    /// What is answered by a server of this name with pages at these paths. Who does not know its name
    /// does not learn whether a path is right.
    pub(super) fn answer<'p>(
        &self,
        host: &str,
        mut pages: impl Iterator<Item = &'p str>,
    ) -> Answer {
        if self.host.as_deref() != Some(host) {
            return Answer::WrongHost;
        }
        let path = self.path.split('?').next().unwrap_or_default();
        match (pages.position(|page| page == path), self.method.as_str()) {
            (None, _) => Answer::NotFound,
            (Some(page), "GET") => Answer::Page(page),
            (Some(page), "HEAD") => Answer::HeadOfPage(page),
            (Some(_), _) => Answer::WrongMethod,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A web page of somebody else's can make a browser ask, but not under our name.
    #[test]
    fn only_who_knows_name_and_path_gets_the_page() {
        let answer = |head: &str| {
            let request = HttpRequest::parse(head.as_bytes());
            request.map(|request| {
                request.answer("127.0.0.1:80", ["/secret/", "/secret/1/"].into_iter())
            })
        };
        for (head, expected) in [
            (
                "GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::Page(0)),
            ),
            (
                "GET /secret/1/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::Page(1)),
            ),
            (
                "GET /1/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::NotFound),
            ),
            (
                "GET /secret/?a HTTP/1.1\r\nhost:127.0.0.1:80\r\n\r\n",
                Some(Answer::Page(0)),
            ),
            (
                "HEAD /secret/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::HeadOfPage(0)),
            ),
            (
                "GET /secret HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::NotFound),
            ),
            (
                "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::NotFound),
            ),
            (
                "POST /secret/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
                Some(Answer::WrongMethod),
            ),
            (
                "GET /secret/ HTTP/1.1\r\nHost: evil.example:80\r\n\r\n",
                Some(Answer::WrongHost),
            ),
            ("GET /secret/ HTTP/1.1\r\n\r\n", Some(Answer::WrongHost)),
            (
                "GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\nHost: evil\r\n\r\n",
                Some(Answer::WrongHost),
            ),
            ("GET /secret/\r\n\r\n", None),
            ("\r\n\r\n", None),
        ] {
            assert_eq!(answer(head), expected, "{head:?}");
        }
    }

    /// A head without an end takes neither memory nor time.
    #[test]
    fn a_head_that_does_not_end_is_given_up() {
        let endless = io::repeat(b'a');
        assert_eq!(HttpRequest::read(endless).unwrap(), None);
        assert_eq!(HttpRequest::read(&b"GET / HTTP/1.1\r\n"[..]).unwrap(), None);
    }
}
