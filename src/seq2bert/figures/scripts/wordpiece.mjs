// From text to pieces, as seq2bert.tokenization.WordPiece does it.

const WHITESPACE = /[ \t\n\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
const DROPPED = /[\ufffd\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/u;
const SPECIAL = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;
const LONGEST_WORD = 100; // characters

function cleanWords(text, lowercase) {
  let clean = "";
  for (const character of text) {
    if (WHITESPACE.test(character)) clean += " ";
    else if (!DROPPED.test(character)) {
      const alone = CHINESE.test(character);
      let bare = lowercase ? character.normalize("NFD").replace(/\p{Mn}/gu, "") : character;
      if (lowercase) bare = Array.from(bare, (one) => one.toLowerCase()).join("");
      for (const one of bare) clean += alone || PUNCTUATION.test(one) ? ` ${one} ` : one;
    }
  }
  return clean.split(" ").filter((word) => word);
}

function cut(word, ids) {
  const characters = Array.from(word);
  if (characters.length > LONGEST_WORD) return ["[UNK]"];
  const pieces = [];
  let start = 0;
  while (start < characters.length) {
    let end = characters.length;
    let piece;
    for (; end > start; end--) {
      piece = (start ? "##" : "") + characters.slice(start, end).join("");
      if (ids.has(piece)) break;
    }
    if (end === start) return ["[UNK]"];
    pieces.push(piece);
    start = end;
  }
  return pieces;
}

/** Return pieces with [CLS] in front and [SEP] behind, at most `longest` of them. */
export function tokenize(model, text) {
  model.ids ??= new Map(model.vocabulary.map((piece, id) => [piece, id]));
  const pieces = text
    .split(SPECIAL)
    .flatMap((part) => (SPECIAL.test(part) ? [part] : cleanWords(part, model.lowercase).flatMap((word) => cut(word, model.ids))));
  return ["[CLS]", ...pieces.slice(0, model.max_length - 2), "[SEP]"];
}
