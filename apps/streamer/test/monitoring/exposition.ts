/** Every series of a Prometheus text with its value, as `name{labels}`. */
export function eachValue(text: string): [series: string, value: number][] {
  return text.split('\n').flatMap((line): [string, number][] => {
    const at = line.lastIndexOf(' ');
    return line === '' || line.startsWith('#') ? [] : [[line.slice(0, at), Number(line.slice(at + 1))]];
  });
}

/** The value of the one series of this name that has these labels, whichever others it has. */
export function valueOf(text: string, series: string): number | undefined {
  const [name, labels = ''] = series.split(/[{}]/);
  const wanted = labels === '' ? [] : labels.split(',');
  const found = eachValue(text).filter(([candidate]) => {
    const [candidateName, candidateLabels = ''] = candidate.split(/[{}]/);
    return candidateName === name && wanted.every((label) => candidateLabels.split(',').includes(label));
  });
  if (found.length > 1) throw new Error(`${found.length} series are ${series}`);
  return found[0]?.[1];
}

/** Names of all metrics; those of a histogram by the names of its series. */
export function metricNames(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`) : [name!],
    ),
  );
}
