// What a payload may bring onto a page. The dashboard's preview has the same rules.

// By interface, so that whatever browsers learn to do with new elements stays out. <noscript>, <plaintext>, <xmp> and the like would be read
// otherwise when somebody writes the page's HTML anew; an element with a hyphen may be defined later.
const ELEMENTS = /^HTML(Anchor|BR|Button|Details|Div|[DOU]List|Heading|HR|Image|LI|Mod|Paragraph|Pre|Quote|Span|Table.*)?Element(?!no|pl|xm|.*-)/;
const ATTRIBUTES = /^((href|src)=(https?|mailto|tel):|src=data:image\/|(class|title|lang|dir|role|hidden|target|rel|srcset|sizes|alt|width|height|loading|placeholder|value|disabled|(col|row)span|open|aria-[a-z]+)=)/;
// What lays itself over the page, loads something or runs.
const UNSAFE_STYLES = /^(-\w+-)?(position|z-index|content:|trans[fl]|scale|rot|inset|top|right|bot|left|off)|(^|-)margin.*:[^]*[-(]|:[^]*(url|image|src|element|expression|script|[\\@<])/i;

/** Whether an element of this kind may come; whatever is no HTML element is of none. */
export const isSafeElement = ({constructor, localName}) => ELEMENTS.test(constructor.name + localName);

/** Whether a style property may have this value. */
export const isSafeStyle = (property, value) => !UNSAFE_STYLES.test(property + ':' + value);

/** Whether an attribute may have this value; `name` is in lower case. An address is read as browsers read it: "java\nscript:" is javascript:. */
export const isSafeAttribute = (name, value) => ATTRIBUTES.test(name + '=' + (/^(href|src)$/.test(name) ? addressOf(value) : ''));

const addressOf = (value) => {
  try {
    return new URL(value, 'https://a').href;
  } catch (error) {
    return '';
  }
};
