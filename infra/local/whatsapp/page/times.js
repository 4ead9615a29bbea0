// Times of messages as a phone shows them.

import { locale, t } from "./texts.js";

const HOUR = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const SHORT_DAY = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "2-digit" });
const DAY_LENGTH = 86400000;

const moment = (timestamp) => new Date(timestamp * 1000);

export const hour = (timestamp) => HOUR.format(moment(timestamp));

export const dayKey = (timestamp) => moment(timestamp).toDateString();

export function dayName(timestamp, format = DAY) {
  const key = dayKey(timestamp);
  if (key === new Date().toDateString()) return t("today");
  if (key === new Date(Date.now() - DAY_LENGTH).toDateString()) return t("yesterday");
  return format.format(moment(timestamp));
}

export function shortTime(timestamp) {
  return dayKey(timestamp) === new Date().toDateString() ? hour(timestamp) : dayName(timestamp, SHORT_DAY);
}
