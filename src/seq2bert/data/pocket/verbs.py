"""The verbs, common ones first: English; French; kinds of the subject > kinds of the object; flags.

English: base and, where it is irregular, past; ``+`` what follows the verb. French: infinitive and,
where it is irregular, the present for *je tu il nous ils* and the participle. A heading is a frame of
:class:`seq2bert.data.pocket.lexicon.Verb`. Flags:

- ``être`` makes the past with *être*; ``present`` has no past here, because French would choose
  between two; ``generic`` takes whole kinds of things ("loves apples", *aime les pommes*);
- ``well``, ``slowly`` are the adverbs it takes; ``venue``, ``inside``, ``spot`` are places where it happens;
- ``effort`` is too much for who is sick; ``happens`` is not what one can, must or wants to do;
- ``direct`` has no *to* in English where French has *à*; ``pronoun`` can have a pronoun as its object;
  ``unasked`` does not go with *what*; ``negatable`` is followed by the same *que* after *ne … pas*.

Left out on purpose: verbs whose past looks like their present (*put*, *read*), reflexive verbs.
"""

EASY = """
[none]
sleep slept | dormir: dors dors dort dormons dorment dormi | human animal | well inside
work | travailler | human | well venue inside effort
sing sang | chanter | human | well venue inside effort
leave left | partir: pars pars part partons partent parti | human | être
[object]
see saw | voir: vois vois voit voyons voient vu
  | human > human animal gadget vehicle plant sky mountain hill lake island film | venue inside pronoun
eat ate | manger | human dog bird pig mouse monkey > food | slowly inside pronoun
buy bought | acheter: achète achètes achète achetons achètent acheté | human > food drink goods house | venue pronoun
love | aimer | human > human animal food plant drink | present generic pronoun
find found | trouver | human > gadget animal | spot pronoun
look+for | chercher | human > human animal gadget vehicle | venue inside pronoun
look+at | regarder | human > human animal gadget plant vehicle sky | pronoun
open | ouvrir: ouvre ouvres ouvre ouvrons ouvrent ouvert | human > openable | slowly pronoun
drink drank | boire: bois bois boit buvons boivent bu | human > drink | slowly inside
know | connaître: connais connais connaît connaissons connaissent connu | human > human | present pronoun
help | aider | human > human | pronoun
follow | suivre: suis suis suit suivons suivent suivi | human animal > human animal | pronoun
wait+for | attendre | human > human | venue pronoun
write wrote | écrire: écris écris écrit écrivons écrivent écrit | human > writing | slowly inside pronoun
[to]
talk | parler | human > human |
[give]
give gave | donner | human > gift |
show | montrer | human > gift |
[goal]
go went | aller: vais vas va allons vont allé | human > venue | être
[source]
come came | venir: viens viens vient venons viennent venu | human > venue | être
"""

HARD = """
[none]
dance | danser | human | well venue effort
fall fell | tomber | human | être inside happens
swim swam | nager | human | well slowly effort
laugh | rire: ris ris rit rions rient ri | human |
cry | pleurer | human | inside
run ran | courir: cours cours court courons courent couru | human animal | inside effort
walk | marcher | human | slowly inside effort
play | jouer | child boy girl baby dog cat monkey | well inside
stay | rester | human | être inside
travel travelled | voyager | human | effort
go went+out | sortir: sors sors sort sortons sortent sorti | human | être effort
smile | sourire: souris souris sourit sourions sourient souri | human | effort
return | revenir: reviens reviens revient revenons reviennent revenu | human | être
dream | rêver | human |
bark | aboyer: aboie aboies aboie aboyons aboient aboyé | dog | inside
disappear | disparaître: disparais disparais disparaît disparaissons disparaissent disparu | human animal | happens
shout | crier | human |
cough | tousser | human | happens
snore | ronfler | human | happens
[object]
close | fermer | human > openable | slowly pronoun
lose lost | perdre | human > gadget | venue inside pronoun happens
wash | laver | human > washable dog horse | pronoun
wear wore | porter | human > clothing | pronoun
sell sold | vendre | human > food drink goods house | venue pronoun
visit | visiter | human > sight |
meet met | rencontrer | human > human | venue pronoun
hear heard | entendre | human animal > human animal music song concert | pronoun
understand understood | comprendre: comprends comprends comprend comprenons comprennent compris
  | human > question problem idea lesson story mistake poem | pronoun
carry | porter | human > gadget furniture | slowly pronoun
forget forgot | oublier | human > gadget name lesson secret | pronoun happens
hate | détester | human > animal food drink | present generic pronoun
choose chose | choisir | human > clothing gadget vehicle | pronoun
invite | inviter | human > human | pronoun
break broke | casser | human cat dog monkey > breakable | pronoun happens
hide hid | cacher | human > gadget | spot pronoun
draw drew | dessiner | human > animal building plant tree | pronoun
drive drove | conduire: conduis conduis conduit conduisons conduisent conduit | human > wheeled | slowly
repair | réparer | human > machine roof chimney staircase | pronoun
steal stole | voler | human > gadget vehicle | pronoun happens
build built | construire: construis construis construit construisons construisent construit
  | human > house school church castle tower bridge wall hut boat | pronoun
catch caught | attraper | human animal > animal ball | pronoun
taste | goûter | human > food drink | pronoun
touch | toucher | human > animal gadget furniture wall | pronoun
admire | admirer | human > human sight vehicle plant horse star | pronoun
paint | peindre: peins peins peint peignons peignent peint | human > furniture house wall door roof | pronoun
cross | traverser | human animal > crossing bridge | slowly
push | pousser | human > car bicycle motorbike furniture door | slowly pronoun
feed fed | nourrir | human > dog cat horse bird cow hen pig rabbit duck | pronoun
throw threw | lancer | human > ball | pronoun
thank | remercier | human > human | pronoun
kiss | embrasser | human > human | pronoun
burn | brûler | human > text writing photograph | pronoun
prefer preferred | préférer: préfère préfères préfère préférons préfèrent préféré | human > food drink animal
  | present generic
fill | remplir | human > hollow | slowly pronoun
prepare | préparer | human > soup omelette cake coffee tea lesson | pronoun
recognise | reconnaître: reconnais reconnais reconnaît reconnaissons reconnaissent reconnu | human animal > human
  | pronoun
chase | poursuivre: poursuis poursuis poursuit poursuivons poursuivent poursuivi
  | dog cat wolf policeman > cat mouse rabbit bird duck thief | pronoun
protect | protéger: protège protèges protège protégeons protègent protégé | human dog > human animal | pronoun
punish | punir | human > child boy girl pupil thief prisoner | pronoun
bite bit | mordre | dog wolf snake horse monkey fox > human animal | pronoun happens
borrow | emprunter | human > gadget vehicle | pronoun
translate | traduire: traduis traduis traduit traduisons traduisent traduit
  | human > novel poem letter message song story | slowly pronoun
[to]
answer | répondre | human > human | direct
obey | obéir | human dog > mother father teacher king queen judge policeman doctor | direct
lie lied | mentir: mens mens ment mentons mentent menti | human > human | happens
[give]
send sent | envoyer: envoie envoies envoie envoyons envoient envoyé | human > gift |
bring brought | apporter | human > gift |
lend lent | prêter | human > gadget vehicle |
tell told | raconter | human > told | unasked
offer | offrir: offre offres offre offrons offrent offert | human > gift |
promise | promettre: promets promets promet promettons promettent promis | human > gift |
[into]
enter | entrer
  | human cat dog mouse > house school hotel church museum hospital castle restaurant theatre library bank bakery
  kitchen bedroom garden palace temple
  | être
[that]
think | penser | human |
say | dire: dis dis dit disons disent dit | human | negatable
know | savoir: sais sais sait savons savent su | human | negatable present
believe | croire: crois crois croit croyons croient cru | human |
hope | espérer: espère espères espère espérons espèrent espéré | human |
swear | jurer | human |
[at]
arrive | arriver | human > venue | être
"""
