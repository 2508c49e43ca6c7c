//! A small parser of JSON, and what a trace says.

#![allow(unreachable_pub, reason = "a part of a test")]

use std::collections::{BTreeMap, HashMap};

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Text(String),
    /// As it is written: a double would round the times.
    Number(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// The whole of a text, or where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let value = value(&mut rest)?;
        match rest.trim() {
            "" => Ok(value),
            more => Err(format!("more behind the end: {:.40}", more)),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Object(object) => object.get(key),
            Self::Text(_) | Self::Number(_) | Self::List(_) => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::List(_) | Self::Object(_) => None,
        }
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.text()?.parse().ok()
    }

    /// A time in nanoseconds, which is written in microseconds with three places.
    fn ns(&self, key: &str) -> Option<u64> {
        let (micros, rest) = self.get(key)?.text()?.split_once('.')?;
        assert_eq!(rest.len(), 3);
        Some(micros.parse::<u64>().ok()? * 1_000 + rest.parse::<u64>().ok()?)
    }
}

fn expect(rest: &mut &str, sign: char) -> Result<(), String> {
    *rest = rest.trim_start();
    match rest.strip_prefix(sign) {
        Some(after) => {
            *rest = after;
            Ok(())
        }
        None => Err(format!("{sign} expected at {:.40}", rest)),
    }
}

fn value(rest: &mut &str) -> Result<Json, String> {
    *rest = rest.trim_start();
    match rest.chars().next() {
        Some('{') => {
            let pair = |rest: &mut &str| {
                let key = string(rest)?;
                expect(rest, ':')?;
                Ok((key, value(rest)?))
            };
            Ok(Json::Object(several(rest, '{', '}', pair)?.into_iter().collect()))
        }
        Some('[') => Ok(Json::List(several(rest, '[', ']', value)?)),
        Some('"') => string(rest).map(Json::Text),
        _ => {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            *rest = after;
            number.parse::<f64>().map_err(|_| format!("no value at {:.40}", after))?;
            Ok(Json::Number(number.to_owned()))
        }
    }
}

fn several<T>(
    rest: &mut &str,
    open: char,
    close: char,
    one: impl Fn(&mut &str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    expect(rest, open)?;
    let mut all = Vec::new();
    if expect(rest, close).is_ok() {
        return Ok(all);
    }
    loop {
        all.push(one(rest)?);
        if expect(rest, close).is_ok() {
            return Ok(all);
        }
        expect(rest, ',')?;
    }
}

fn string(rest: &mut &str) -> Result<String, String> {
    expect(rest, '"')?;
    let mut text = String::new();
    let mut chars = rest.char_indices();
    loop {
        match chars.next().ok_or("a text without an end")? {
            (at, '"') => {
                *rest = &rest[at + 1..];
                return Ok(text);
            }
            (_, '\\') => match chars.next().ok_or("a text without an end")?.1 {
                'u' => {
                    let code: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    let code = u32::from_str_radix(&code, 16).map_err(|error| error.to_string())?;
                    text.extend(char::from_u32(code));
                }
                c => text.push(c),
            },
            (_, c) if c < ' ' => return Err(format!("a control character in {text}")),
            (_, c) => text.push(c),
        }
    }
}

/// A stretch of time on a row.
#[derive(Clone, Debug)]
pub struct Slice {
    pub row: (u64, u64),
    pub from_ns: u64,
    pub to_ns: u64,
    pub name: String,
    pub then: String,
}

/// What a trace says.
pub struct Picture {
    pub events: Vec<Json>,
    pub slices: Vec<Slice>,
    pub numbers: HashMap<String, u64>,
}

impl Picture {
    pub fn parse(bytes: &[u8]) -> Self {
        let whole = Json::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
        let Some(Json::List(events)) = whole.get("traceEvents") else { panic!("no events") };
        let Some(Json::Object(numbers)) = whole.get("otherData") else { panic!("no numbers") };
        let numbers =
            numbers.iter().map(|(key, n)| (key.clone(), n.text().unwrap().parse().unwrap()));
        let slices = events.iter().filter(|event| is(event, "X")).map(|event| {
            let from_ns = event.ns("ts").unwrap();
            let args = event.get("args");
            Slice {
                row: (event.number("pid").unwrap(), event.number("tid").unwrap()),
                from_ns,
                to_ns: from_ns + event.ns("dur").unwrap(),
                name: name(event).to_owned(),
                then: args
                    .and_then(|args| args.get("then"))
                    .map_or("", |t| t.text().unwrap())
                    .into(),
            }
        });
        Self { slices: slices.collect(), numbers: numbers.collect(), events: events.clone() }
    }

    /// The events of a kind.
    pub fn of(&self, phase: &str) -> impl Iterator<Item = &Json> {
        self.events.iter().filter(move |event| is(event, phase))
    }

    /// The slices of goroutines on processors, by their rows, in the order of time.
    pub fn on_processors(&self) -> BTreeMap<u64, Vec<Slice>> {
        let mut rows = BTreeMap::<u64, Vec<Slice>>::new();
        for slice in self.slices.iter().filter(|slice| slice.row.0 == 1 && slice.row.1 > 0) {
            rows.entry(slice.row.1).or_default().push(slice.clone());
        }
        rows.values_mut().for_each(|row| row.sort_by_key(|slice| (slice.from_ns, slice.to_ns)));
        rows
    }

    /// On a processor one goroutine runs at a time; and no goroutine runs in two places.
    pub fn check_order(&self) {
        for (row, slices) in self.on_processors() {
            for two in slices.windows(2) {
                assert!(two[0].to_ns <= two[1].from_ns, "on processor {row}: {two:?}");
            }
        }
        let mut of = HashMap::<&str, Vec<&Slice>>::new();
        for slice in self.slices.iter().filter(|slice| slice.name.contains(".rs:")) {
            if !slice.name.starts_with("makes") && !slice.name.starts_with("wakes") {
                of.entry(&slice.name).or_default().push(slice);
            }
        }
        for slices in of.values_mut() {
            slices.sort_by_key(|slice| (slice.from_ns, slice.to_ns));
            for two in slices.windows(2) {
                assert!(two[0].to_ns <= two[1].from_ns, "in two places: {two:?}");
            }
        }
    }

    /// Each arrow that ends has begun, before that, in something that goes on there.
    pub fn check_arrows(&self) -> usize {
        let begun: HashMap<u64, &Json> =
            self.of("s").map(|arrow| (arrow.number("id").unwrap(), arrow)).collect();
        let mut rows = HashMap::<(u64, u64), Vec<&Slice>>::new();
        for slice in &self.slices {
            rows.entry(slice.row).or_default().push(slice);
        }
        let is_in = |end: &Json| {
            let row = (end.number("pid").unwrap(), end.number("tid").unwrap());
            let at_ns = end.ns("ts").unwrap();
            rows[&row].iter().any(|slice| (slice.from_ns..=slice.to_ns).contains(&at_ns))
        };
        let mut count = 0;
        for to in self.of("f") {
            let from = begun[&to.number("id").unwrap()];
            assert!(from.ns("ts") <= to.ns("ts"), "{from:?} {to:?}");
            assert!(is_in(from), "{from:?} leaves from nothing");
            assert!(is_in(to), "{to:?} leads to nothing");
            count += 1;
        }
        count
    }
}

pub fn name(event: &Json) -> &str {
    event.get("name").unwrap().text().unwrap()
}

fn is(event: &Json, phase: &str) -> bool {
    event.get("ph").and_then(Json::text) == Some(phase)
}
