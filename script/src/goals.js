// What counts as a conversion without a line of code: clicks and submits of marked elements, addresses, entries of the data layer.
import {on} from './guard.js';
import {options} from './state.js';

/** Calls convert(keys) for each click on, or submit of, an element that names experiments. */
export const watchGoals = (convert) => {
  const goal = options.attribute + '-goal';
  const onGoal = ({type, target}) => {
    const element = target.closest(`[${goal}]`);
    if (element && (element.localName === 'form') === (type === 'submit')) convert(element.getAttribute(goal));
  };
  on('click', onGoal);
  on('submit', onGoal);
};

/** Whether a pattern, in which * stands for anything, is the path, the path with its query, or the whole address. */
export const matches = (pattern, {pathname, search, href}) => {
  const expression = new RegExp(`^${pattern.replace(/\W/g, '\\$&').replace(/\\\*/g, '.*')}$`);
  return [pathname, pathname + search, href].some((text) => expression.test(text));
};

/** The keys whose goal is this address. goals: {"/thanks*": "hero-title"}. */
export const keysOfAddress = (goals, address) => Object.keys(goals).filter((pattern) => matches(pattern, address)).map((pattern) => goals[pattern]);

/** What an entry of the data layer converts: [keys, {value, eventId}]. An order's number keeps it from counting twice. */
export const conversionOf = (entry, events) => {
  const {event, ecommerce} = entry;
  const {value, transaction_id: eventId} = ecommerce || entry;
  return [Object.keys(events).includes(event) ? events[event] : [], {value, eventId}];
};
